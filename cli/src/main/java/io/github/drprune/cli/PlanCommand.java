package io.github.drprune.cli;

import io.github.drprune.config.PruneConfig;
import io.github.drprune.config.TrainConfig;
import io.github.drprune.export.ExportCheck;
import io.github.drprune.io.SuffixedNumber;
import io.github.drprune.model.CheckpointCheck;
import io.github.drprune.model.ModelShape;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.model.ModelSummary;
import io.github.drprune.plan.ExpectedLoss;
import io.github.drprune.plan.Planner;
import io.github.drprune.plan.RunPlan;
import io.github.drprune.prune.GroupPolicy;
import io.github.drprune.prune.ShapeSearch;
import io.github.drprune.prune.ShapeSearch.Readers;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code drprune plan}. */
@Command(
    name = "plan",
    description =
        "Predicts the memory and time of a run before it starts, and lists shapes to prune to.",
    mixinStandardHelpOptions = true,
    synopsisSubcommandLabel = "COMMAND",
    subcommands = {
      PlanCommand.Shapes.class,
      PlanCommand.Prune.class,
      PlanCommand.Train.class,
      PlanRunCommand.class
    },
    footer = {
      "",
      "Examples:",
      "  drprune plan shapes models/llama --parameters 1.3B",
      "  drprune plan prune --config run.yaml",
      "  drprune plan run pipeline.yaml"
    })
final class PlanCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "name one of shapes, prune, train, run");
  }

  /** {@code drprune plan shapes}. */
  @Command(
      name = "shapes",
      description =
          "Lists shapes with about a given number of parameters, those in the source's proportions"
              + " first.",
      mixinStandardHelpOptions = true,
      footer = {"", "Example:", "  drprune plan shapes models/llama --parameters 1.3B"})
  static final class Shapes implements Callable<Integer> {
    /** What {@code --json} writes. */
    record Figures(ModelSummary source, List<ModelSummary> shapes) {}

    @Parameters(paramLabel = "MODEL", description = "The folder of the checkpoint to prune.")
    private Path folder;

    @Option(
        names = "--parameters",
        required = true,
        paramLabel = "N",
        description =
            "Parameters that the result should have, such as 1.3B; shapes within 3 %% are listed.")
    private String parameters;

    @Option(
        names = "--group-policy",
        paramLabel = "POLICY",
        defaultValue = "kv_group",
        description =
            "What goes when heads of grouped-query attention go: kv_group or query_in_group"
                + " (default: ${DEFAULT-VALUE}).")
    private GroupPolicy policy;

    @Option(
        names = "--limit",
        paramLabel = "N",
        defaultValue = "8",
        description = "Shapes to list (default: ${DEFAULT-VALUE}).")
    private int limit;

    @Option(
        names = "--transformers-only",
        description = "List what transformers loads, also where llama.cpp does not.")
    private boolean transformersOnly;

    @Mixin private JsonOption json;
    @Spec private CommandSpec spec;

    @Override
    public Integer call() throws IOException {
      ModelSpec source = CheckpointCheck.of(folder);
      long wanted = SuffixedNumber.count(parameters, "--parameters: ", "parameters");
      Readers readers = transformersOnly ? Readers.NEEDED : Readers.ALL;
      List<ModelShape> targets = ShapeSearch.near(source, policy, wanted, readers, limit);
      List<ModelSummary> shapes =
          targets.stream().map(shape -> ModelSummary.of(policy.cut(source, shape))).toList();
      List<List<String>> rows = new ArrayList<>();
      rows.add(row("source", ModelSummary.of(source)));
      for (int i = 0; i < shapes.size(); i++) {
        rows.add(row(String.valueOf(i + 1), shapes.get(i)));
      }
      Console.table(
              List.of(
                  "shape",
                  "hidden_size",
                  "layers",
                  "heads",
                  "kv_heads",
                  "intermediate_size",
                  "parameters"),
              rows)
          .forEach(spec.commandLine().getOut()::println);
      spec.commandLine().getOut().flush();
      new ExportCheck(source)
          .obstacle(targets)
          .ifPresent(Console.warnings(spec.commandLine().getErr()));
      json.write(new Figures(ModelSummary.of(source), shapes));
      return 0;
    }

    private static List<String> row(String name, ModelSummary shape) {
      return List.of(
          name,
          String.valueOf(shape.hiddenSize()),
          String.valueOf(shape.layers()),
          String.valueOf(shape.heads()),
          String.valueOf(shape.kvHeads()),
          String.valueOf(shape.intermediateSize()),
          Console.count(shape.parameters()));
    }
  }

  /** {@code drprune plan prune}. */
  @Command(
      name = "prune",
      description = "Predicts memory and time of a pruning run by a few steps on this machine.",
      mixinStandardHelpOptions = true,
      footer = {"", "Example:", "  drprune plan prune --config run.yaml --set micro_batch=16"})
  static final class Prune extends ConfiguredCommand<PruneConfig> {
    @Mixin private ClusterOptions cluster;

    Prune() {
      super(PruneConfig.class);
    }

    @Override
    void run(PruneConfig config) throws IOException, InterruptedException {
      RunPlan plan = new Planner(cluster.cluster()).prune(config);
      print(plan, spec().commandLine().getOut());
      json().write(plan);
    }
  }

  /** {@code drprune plan train}. */
  @Command(
      name = "train",
      description = "Predicts memory and time of a training run by a few steps on this machine.",
      mixinStandardHelpOptions = true,
      footer = {"", "Example:", "  drprune plan train --config run.yaml --set global_batch=64"})
  static final class Train extends ConfiguredCommand<TrainConfig> {
    @Mixin private ClusterOptions cluster;

    Train() {
      super(TrainConfig.class);
    }

    @Override
    void run(TrainConfig config) throws IOException, InterruptedException {
      RunPlan plan = new Planner(cluster.cluster()).train(config);
      print(plan, spec().commandLine().getOut());
      json().write(plan);
    }
  }

  static void print(RunPlan plan, PrintWriter out) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("source", RunProgress.shape(plan.source())));
    if (plan.teacher() != null) {
      rows.add(List.of("teacher", RunProgress.shape(plan.teacher())));
    }
    if (plan.target() != null) {
      rows.add(List.of("target", RunProgress.shape(plan.target())));
    }
    if (plan.takesSteps()) {
      addTokens(plan, rows);
    }
    rows.add(List.of("memory", memory(plan)));
    if (plan.takesSteps()) {
      addCosts(plan, rows);
    }
    rows.forEach(row -> out.println("%-11s %s".formatted(row.getFirst(), row.getLast())));
    out.flush();
  }

  private static void addTokens(RunPlan plan, List<List<String>> rows) {
    rows.add(
        List.of(
            "training",
            "%s steps, %s tokens"
                .formatted(Console.count(plan.steps()), Console.count(plan.tokens()))));
    rows.add(
        List.of(
            "epochs",
            plan.epochs().entrySet().stream()
                .map(e -> String.format(Locale.ROOT, "%s %.2f", e.getKey(), e.getValue()))
                .collect(Collectors.joining("  "))));
  }

  private static String memory(RunPlan plan) {
    String needed = Console.bytes(plan.memoryBytes());
    if (plan.availableBytes() != null) {
      return "%s at the peak, %s free now".formatted(needed, Console.bytes(plan.availableBytes()));
    }
    return plan.takesSteps()
        ? "at least %s on the device for weights, gradients and moments".formatted(needed)
        : needed + " at the peak";
  }

  private static void addCosts(RunPlan plan, List<List<String>> rows) {
    if (plan.processes() > 1) {
      rows.add(
          List.of(
              "processes",
              "%d, each with that memory and sending %s a step"
                  .formatted(plan.processes(), Console.bytes(plan.sentBytes()))));
    }
    rows.add(List.of("checkpoint", Console.bytes(plan.checkpointBytes()) + " each"));
    rows.add(
        List.of(
            "time",
            String.format(
                Locale.ROOT,
                "%s (a step %.2f s, an evaluation %.1f s, a checkpoint %.1f s)",
                RunProgress.time(plan.seconds()),
                plan.stepSeconds(),
                plan.evaluationSeconds(),
                plan.checkpointSeconds())));
    if (plan.expectedLoss() != null) {
      rows.add(List.of("expected", expected(plan.expectedLoss())));
    }
  }

  private static String expected(ExpectedLoss loss) {
    return String.format(
        Locale.ROOT,
        "mean held-out loss %.3f to %.3f (perplexity %.1f to %.1f) at the end,"
            + " by the scaling law through %d evaluations of %s tokens in its folder",
        loss.low(),
        loss.high(),
        Math.exp(loss.low()),
        Math.exp(loss.high()),
        loss.evaluations(),
        Console.count(loss.tokens()));
  }
}
