package io.github.drprune.pipeline;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.drprune.config.PipelineConfig;
import io.github.drprune.config.PruneConfig;
import io.github.drprune.config.RunConfig;
import io.github.drprune.config.TrainConfig;
import io.github.drprune.config.binding.ConfigLoader;
import io.github.drprune.conversation.ChatTemplate;
import io.github.drprune.data.Manifest;
import io.github.drprune.data.prepare.Prepare;
import io.github.drprune.evaluate.EvaluationText;
import io.github.drprune.evaluate.Evaluations;
import io.github.drprune.io.AtomicFiles;
import io.github.drprune.json.FiguresFile;
import io.github.drprune.json.Json;
import io.github.drprune.model.CheckpointFiles;
import io.github.drprune.model.ModelOptions;
import io.github.drprune.report.Report;
import io.github.drprune.run.CheckpointCut;
import io.github.drprune.run.EventLog;
import io.github.drprune.run.PruneRun;
import io.github.drprune.run.RunExecutor;
import io.github.drprune.run.RunFolder;
import io.github.drprune.run.RunKind;
import io.github.drprune.run.RunOrigin;
import io.github.drprune.run.TrainRun;
import io.github.drprune.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The stages of a pipeline file: prepare, prune, cut, train, evaluate, report. A stage is skipped
 * when its output is there and neither its settings nor its inputs have changed; one that was
 * interrupted goes on.
 */
public final class Pipeline {
  private final Path file;
  private final PipelineConfig config;
  private final int threads;
  private final RunExecutor runs;
  private final PipelineListener listener;

  /** Does a stage's work; says whether it came to its end. */
  @FunctionalInterface
  private interface Work {
    boolean run() throws IOException, InterruptedException;
  }

  /**
   * @param file that {@code config} was read from; the record of what is done lies beside it
   * @param threads that tokenize
   * @param runs carries out pruning and training
   */
  public Pipeline(
      Path file, PipelineConfig config, int threads, RunExecutor runs, PipelineListener listener) {
    this.file = file;
    this.config = config;
    this.threads = threads;
    this.runs = runs;
    this.listener = listener;
  }

  /**
   * Runs what is not done.
   *
   * @return false where a run was interrupted: the stages after it need its result
   */
  public boolean run() throws IOException, InterruptedException {
    return run(stages());
  }

  /** Prepares the text, where that is a stage and not done. */
  public void prepareText() throws IOException, InterruptedException {
    run(config.prepare().map(this::prepare).stream().toList());
  }

  private boolean run(List<Stage> stages) throws IOException, InterruptedException {
    new PipelinePaths(file, config).check();
    var done = StageRecord.beside(file.toAbsolutePath());
    for (Stage stage : stages) {
      if (!run(stage, done)) {
        return false;
      }
    }
    return true;
  }

  /**
   * One stage.
   *
   * @param settings that its output depends on
   * @param inputs files and folders whose contents its output depends on
   * @param models folders of checkpoints that it depends on
   * @param output what is there when it is done
   * @param isReplaceable whether it may be made again, as costs little
   */
  private record Stage(
      String name,
      ObjectNode settings,
      List<Path> inputs,
      List<Path> models,
      Path output,
      boolean isReplaceable,
      Work work) {}

  private List<Stage> stages() {
    List<Stage> stages = new ArrayList<>();
    config.prepare().map(this::prepare).ifPresent(stages::add);
    config.prune().map(this::prune).ifPresent(stages::add);
    config.cut().map(this::cut).ifPresent(stages::add);
    config.train().map(this::train).ifPresent(stages::add);
    config.evaluate().map(this::evaluate).ifPresent(stages::add);
    config.report().map(this::report).ifPresent(stages::add);
    return stages;
  }

  private boolean run(Stage stage, StageRecord done) throws IOException, InterruptedException {
    String fingerprint = StageRecord.fingerprint(stage.settings(), stage.inputs(), stage.models());
    if (!done.begin(stage.name(), fingerprint, stage.output(), stage.isReplaceable())) {
      listener.skipped(stage.name(), stage.output());
      return true;
    }
    listener.began(stage.name());
    if (!stage.work().run()) {
      return false;
    }
    done.done(stage.name());
    return true;
  }

  private Stage prepare(PipelineConfig.Prepare settings) {
    List<Path> inputs = new ArrayList<>(settings.inputs());
    for (String name : List.of("tokenizer.json", "tokenizer_config.json", ChatTemplate.FILE)) {
      inputs.add(settings.tokenizer().resolve(name));
    }
    Path templates = settings.tokenizer().resolve(CheckpointFiles.TEMPLATES);
    if (Files.exists(templates)) { // else records of versions that did not look are of other inputs
      inputs.add(templates);
    }
    return new Stage(
        "prepare",
        ConfigLoader.tree(settings),
        inputs,
        List.of(),
        settings.out().resolve(Manifest.FILE),
        false,
        () -> {
          try (var tokenizer = Tokenizer.load(settings.tokenizer())) {
            var prepare =
                new Prepare(
                    settings.corpus(),
                    tokenizer,
                    settings.settings(),
                    threads,
                    listener.preparation());
            listener.prepared(prepare.into(settings.out()));
          }
          return true;
        });
  }

  private Stage prune(PruneConfig settings) {
    return run(new PruneRun(settings), settings.model());
  }

  private Stage train(TrainConfig settings) {
    return run(
        new TrainRun(settings),
        settings.model().orElseGet(() -> settings.shape().orElseThrow().tokenizer()));
  }

  private Stage run(RunKind kind, Path start) {
    RunConfig settings = kind.config();
    List<Path> models = new ArrayList<>(List.of(start));
    kind.teacher().filter(teacher -> !teacher.equals(start)).ifPresent(models::add);
    ObjectNode deciding = RunOrigin.deciding(ConfigLoader.tree(kind.whole()));
    deciding.put("output", settings.output().toString()); // what lies elsewhere is not this run's
    return new Stage(
        kind.command(),
        deciding,
        List.of(settings.data().resolve(Manifest.FILE)),
        models,
        settings.output().resolve(RunFolder.MODEL),
        false,
        () -> !runs.execute(kind).isInterrupted());
  }

  private Stage cut(PipelineConfig.Cut settings) {
    var cut = new CheckpointCut(settings.model(), settings.masks(), settings.output());
    return new Stage(
        "cut",
        ConfigLoader.tree(settings),
        List.of(settings.masks()),
        List.of(settings.model()),
        settings.output(),
        false,
        () -> {
          listener.cut(cut, cut.write(listener::cutWarning));
          return true;
        });
  }

  private Stage evaluate(PipelineConfig.Evaluate settings) {
    return new Stage(
        "evaluate",
        ConfigLoader.tree(settings),
        List.of(settings.data().resolve(Manifest.FILE)),
        settings.models(),
        settings.json(),
        true,
        () -> {
          FiguresFile.require(settings.json());
          var evaluations =
              Evaluations.of(
                  settings.models(),
                  settings.data(),
                  EvaluationText.HELD_OUT,
                  Long.MAX_VALUE,
                  Evaluations.BATCH,
                  ModelOptions.inference(),
                  listener::evaluated);
          AtomicFiles.text(settings.json(), Json.pretty(evaluations));
          return true;
        });
  }

  private Stage report(PipelineConfig.Report settings) {
    return new Stage(
        "report",
        ConfigLoader.tree(settings),
        settings.runs().stream().map(run -> run.resolve(EventLog.FILE_NAME)).toList(),
        List.of(),
        settings.out(),
        true,
        () -> {
          Report.requirePage(settings.out());
          var page = Report.read(settings.runs());
          Report.write(page, settings.out());
          listener.reported(page, settings.out());
          return true;
        });
  }
}
