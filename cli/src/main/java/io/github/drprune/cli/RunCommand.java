package io.github.drprune.cli;

import io.github.drprune.config.PipelineConfig;
import io.github.drprune.config.PruneConfig;
import io.github.drprune.config.RunConfig;
import io.github.drprune.config.TrainConfig;
import io.github.drprune.config.binding.ConfigLoader;
import io.github.drprune.data.Manifest;
import io.github.drprune.error.UserException;
import io.github.drprune.io.OutputPaths;
import io.github.drprune.libtorch.LibTorch;
import io.github.drprune.run.EventLog;
import io.github.drprune.run.RunFolder;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code drprune run}. */
@Command(
    name = "run",
    description = {
      "Runs the stages of a pipeline file: prepare, prune, cut, train, evaluate, report.",
      "A stage is skipped when its output is there and neither its settings nor its inputs have",
      "changed; an interrupted one goes on."
    },
    mixinStandardHelpOptions = true,
    footer = {"", "Example:", "  drprune run pipeline.yaml --set train.steps=2000"})
final class RunCommand implements Callable<Integer> {
  @Parameters(paramLabel = "PIPELINE", description = "YAML file with the stages and their keys.")
  private Path file;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Sets a key, such as prune.steps, over the file's value; may be repeated.")
  private List<String> sets = new ArrayList<>();

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads of the CPU to use (default: all).")
  private int threads = Runtime.getRuntime().availableProcessors();

  @Spec private CommandSpec spec;

  private StageRecord record;

  /** Does a stage's work; returns its exit status. */
  @FunctionalInterface
  private interface Work {
    int run() throws IOException, InterruptedException;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    PipelineConfig pipeline = PipelineConfig.load(file, sets);
    checkOutputs(pipeline);
    LibTorch.useThreads(threads);
    record = StageRecord.beside(file.toAbsolutePath());
    int status = 0;
    if (pipeline.prepare().isPresent()) {
      status = prepare(pipeline.prepare().get());
    }
    if (status == 0 && pipeline.prune().isPresent()) {
      status = prune(pipeline.prune().get());
    }
    if (status == 0 && pipeline.cut().isPresent()) {
      status = cut(pipeline.cut().get());
    }
    if (status == 0 && pipeline.train().isPresent()) {
      status = train(pipeline.train().get());
    }
    if (status == 0 && pipeline.evaluate().isPresent()) {
      status = evaluate(pipeline.evaluate().get());
    }
    if (status == 0 && pipeline.report().isPresent()) {
      status = report(pipeline.report().get());
    }
    return status;
  }

  /** A file in a folder that an earlier stage makes can only be written once that has run. */
  private void checkOutputs(PipelineConfig pipeline) {
    Map<String, Path> folders = new LinkedHashMap<>();
    pipeline.prepare().ifPresent(stage -> folders.put("prepare.out", stage.out()));
    pipeline.prune().ifPresent(stage -> folders.put("prune.output", stage.run().output()));
    pipeline.cut().ifPresent(stage -> folders.put("cut.output", stage.output()));
    pipeline.train().ifPresent(stage -> folders.put("train.output", stage.run().output()));
    folders.forEach((key, folder) -> check(key, folder, OutputPaths::requireFolder));
    Map<String, Path> files = new LinkedHashMap<>();
    pipeline.evaluate().ifPresent(stage -> files.put("evaluate.json", stage.json()));
    pipeline.report().ifPresent(stage -> files.put("report.out", stage.out()));
    files.forEach(
        (key, path) -> {
          if (folders.values().stream().noneMatch(path::startsWith)) {
            check(key, path, OutputPaths::requireFile);
          }
        });
  }

  private void check(String key, Path path, Consumer<Path> requirement) {
    try {
      requirement.accept(path);
    } catch (UserException e) {
      throw new UserException("%s: %s: %s".formatted(file, key, e.getMessage()), e);
    }
  }

  private int prepare(PipelineConfig.Prepare stage) throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                "prepare",
                "--tokenizer=" + stage.tokenizer(),
                "--seq-len=" + stage.seqLen(),
                "--out=" + stage.out(),
                "--text-field=" + stage.textField(),
                "--special-tokens=" + stage.specialTokens(),
                "--threads=" + threads));
    stage.input().ifPresent(folder -> command.add("--input=" + folder));
    stage.domains().forEach((name, path) -> command.add("--domain=%s=%s".formatted(name, path)));
    stage.dtype().ifPresent(value -> command.add("--dtype=" + value));
    stage.shardMib().ifPresent(value -> command.add("--shard-mib=" + value));
    stage.evalFraction().ifPresent(value -> command.add("--eval-fraction=" + value));
    stage.evalSequences().ifPresent(value -> command.add("--eval-sequences=" + value));
    stage.maxBadLines().ifPresent(value -> command.add("--max-bad-lines=" + value));
    List<Path> inputs = new ArrayList<>(stage.inputs());
    inputs.add(stage.tokenizer().resolve("tokenizer.json"));
    return stage(
        "prepare",
        ConfigLoader.tree(stage),
        inputs,
        stage.out().resolve(Manifest.FILE),
        false,
        () -> command(command));
  }

  private int prune(PruneConfig stage) throws IOException, InterruptedException {
    return stage(
        "prune",
        ConfigLoader.tree(stage),
        List.of(stage.model(), manifest(stage.run())),
        stage.run().output().resolve(RunFolder.MODEL),
        false,
        () -> execute(runner -> runner.prune(stage)));
  }

  private int train(TrainConfig stage) throws IOException, InterruptedException {
    Path start = stage.model().orElseGet(() -> stage.shape().orElseThrow().tokenizer());
    return stage(
        "train",
        ConfigLoader.tree(stage),
        List.of(start, manifest(stage.run())),
        stage.run().output().resolve(RunFolder.MODEL),
        false,
        () -> execute(runner -> runner.train(stage)));
  }

  private int cut(PipelineConfig.Cut stage) throws IOException, InterruptedException {
    return stage(
        "cut",
        ConfigLoader.tree(stage),
        List.of(stage.model(), stage.masks()),
        stage.output(),
        false,
        () ->
            command(
                List.of(
                    "cut",
                    "--masks=" + stage.masks(),
                    "--out=" + stage.output(),
                    "--",
                    stage.model().toString())));
  }

  private int evaluate(PipelineConfig.Evaluate stage) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("evaluate"));
    command.addAll(
        List.of("--data=" + stage.data(), "--json=" + stage.json(), "--threads=" + threads, "--"));
    stage.models().forEach(model -> command.add(model.toString()));
    List<Path> inputs = new ArrayList<>(stage.models());
    inputs.add(stage.data().resolve(Manifest.FILE));
    return stage(
        "evaluate", ConfigLoader.tree(stage), inputs, stage.json(), true, () -> command(command));
  }

  private int report(PipelineConfig.Report stage) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("report"));
    command.addAll(List.of("--out=" + stage.out(), "--"));
    stage.runs().forEach(run -> command.add(run.toString()));
    return stage(
        "report",
        ConfigLoader.tree(stage),
        stage.runs().stream().map(run -> run.resolve(EventLog.FILE_NAME)).toList(),
        stage.out(),
        true,
        () -> command(command));
  }

  private static Path manifest(RunConfig config) {
    return config.data().resolve(Manifest.FILE);
  }

  private int stage(
      String name, Object settings, List<Path> inputs, Path output, boolean replaceable, Work work)
      throws IOException, InterruptedException {
    var err = spec.commandLine().getErr();
    String fingerprint = StageRecord.fingerprint(settings, inputs);
    if (!record.begin(name, fingerprint, output, replaceable)) {
      err.println("=== %s: done before, %s".formatted(name, output));
      err.flush();
      return 0;
    }
    err.println("=== " + name);
    err.flush();
    int status = work.run();
    if (status == 0) {
      record.done(name);
    }
    return status;
  }

  /** Executes another command of this program. */
  private int command(List<String> arguments) {
    var console = spec.commandLine();
    return Main.commandLine()
        .setOut(console.getOut())
        .setErr(console.getErr())
        .execute(arguments.toArray(String[]::new));
  }

  private int execute(RunExecution.Work work) throws IOException, InterruptedException {
    var console = spec.commandLine();
    boolean interrupted =
        RunExecution.execute(work, console.getOut(), console.getErr(), new JsonOption())
            .isInterrupted();
    // As a shell tells of SIGINT; the stages after this one need its result.
    return interrupted ? 130 : 0;
  }
}
