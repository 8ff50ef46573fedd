package io.github.drprune.plan;

import io.github.drprune.config.PipelineConfig;
import io.github.drprune.config.PruneConfig;
import io.github.drprune.config.RunConfig;
import io.github.drprune.config.Sharding;
import io.github.drprune.config.TrainConfig;
import io.github.drprune.data.PreparedData;
import io.github.drprune.data.Split;
import io.github.drprune.error.UserException;
import io.github.drprune.libtorch.NativeMemory;
import io.github.drprune.libtorch.Precision;
import io.github.drprune.model.CheckpointCheck;
import io.github.drprune.model.CheckpointFiles;
import io.github.drprune.model.ModelOptions;
import io.github.drprune.model.ModelShape;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.model.ModelSummary;
import io.github.drprune.nn.Kernels;
import io.github.drprune.plan.StepTiming.Cost;
import io.github.drprune.run.FittingData;
import io.github.drprune.run.MemoryNeed;
import io.github.drprune.run.PruneRun;
import io.github.drprune.run.RunKind;
import io.github.drprune.run.Runner;
import io.github.drprune.run.SharedState;
import io.github.drprune.run.TrainRun;
import io.github.drprune.train.DomainMix;
import io.github.drprune.train.Trainer;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * Predicts what a run will take: takes a few steps of the source's shape with few layers, on this
 * machine, and extends what they cost to all layers.
 */
public final class Planner {
  /** Layers beyond which a model is not measured whole. */
  private static final int MOST_LAYERS = 4;

  private final Cluster cluster;

  /** Plans runs of one process. */
  public Planner() {
    this(Cluster.SINGLE);
  }

  /** Plans runs of the processes of {@code cluster}. */
  public Planner(Cluster cluster) {
    this.cluster = cluster;
  }

  /** Plans a pruning run. */
  public RunPlan prune(PruneConfig config) throws IOException, InterruptedException {
    var pruning = new PruneRun(config);
    ModelSpec source = pruning.source();
    return pruning.takesSteps() ? plan(pruning, source) : planCut(pruning, source);
  }

  /** Plans a training run. */
  public RunPlan train(TrainConfig config) throws IOException, InterruptedException {
    var training = new TrainRun(config);
    return plan(training, training.source());
  }

  /**
   * Plans the stages prune and train of a pipeline, which need not have run: what will be trained
   * is the source in the shape that it is cut to.
   */
  public PipelinePlan pipeline(PipelineConfig config) throws IOException, InterruptedException {
    if (config.prune().isEmpty() || config.train().isEmpty()) {
      throw new UserException("plan: the pipeline has no stage prune or no stage train; name both");
    }
    var pruning = new PruneRun(config.prune().get());
    RunConfig training = config.train().get().run();
    ModelSpec source = pruning.source();
    ModelSpec cut =
        pruning
            .target(source)
            .map(shape -> pruning.policy().cut(source, shape))
            .orElse(source); // a sparsity says nothing of the shape
    RunPlan prune = null;
    if (pruning.takesSteps()) {
      prune = plan(pruning, source);
    } else {
      planCut(pruning, source); // refuses what does not fit
    }
    RunPlan train =
        plan(new TrainRun(new TrainConfig(pruning.model(), Optional.empty(), training)), cut);
    return new PipelinePlan(
        config.spending().orElse(null),
        (double) train.tokens() / source.parameters(),
        prune,
        train);
  }

  /** Of a run that takes no steps; nothing is timed. */
  private RunPlan planCut(PruneRun pruning, ModelSpec source) throws IOException {
    ModelOptions options = Runner.options(pruning.config(), Kernels::select);
    try (var data = PreparedData.open(pruning.config().data())) {
      FittingData.require(pruning, source, data);
      Long available = cluster.memory().orElse(here(options)); // one process cuts
      long memory = MemoryNeed.requireOneShot(pruning, source, options, available, data.seqLen());
      return RunPlan.ofCut(
          ModelSummary.of(source), pruning.targetSummary(source).orElseThrow(), memory, available);
    }
  }

  /** Bytes that are free on this machine; null where a device computes. */
  private static Long here(ModelOptions options) {
    return options.device().is_cpu() ? NativeMemory.available() : null;
  }

  private RunPlan plan(RunKind kind, ModelSpec source) throws IOException, InterruptedException {
    RunConfig config = kind.config();
    ModelOptions options = Runner.options(config, Kernels::select);
    boolean onCpu = options.device().is_cpu();
    Long here = here(options);
    Long available =
        cluster.memory().orElse(here == null ? null : Long.valueOf(here / cluster.processes()));
    Sharding sharding = cluster.sharding().orElse(config.sharding());
    int count = cluster.processes();
    int perCopy = sharding.perCopy(count, config.shardingGroup().orElse(count));
    var state = SharedState.of(source, sharding, count, perCopy);
    long teacherBytes = MemoryNeed.ofTeacher(kind, options);
    MemoryNeed.require(source, state, teacherBytes, available);
    try (var data = PreparedData.open(config.data())) {
      FittingData.require(kind, source, data);
      Optional<ModelSpec> teacher = teacher(kind);
      Cost cost = cost(kind, source, options, data, teacher, here);
      // What is measured is a process that holds everything.
      long beside =
          onCpu
              ? cost.memoryBytes() - state.alone().bytes() + mappedBytes(kind, config, data)
              : teacherBytes;
      long memory = state.bytes() + state.bytesOfConnections() + Math.max(0, beside);
      MemoryNeed.require(source, memory, available, "run");
      return plan(kind, source, teacher, data, cost, state, options.precision(), memory, available);
    }
  }

  private static Optional<ModelSpec> teacher(RunKind kind) throws IOException {
    return kind.teacher().isPresent()
        ? Optional.of(CheckpointCheck.of(kind.teacher().get()))
        : Optional.empty();
  }

  /**
   * Measures one layer and {@link #MOST_LAYERS}, and draws a line through both. A teacher of more
   * layers takes part with one; what the others cost is added.
   */
  private static Cost cost(
      RunKind kind,
      ModelSpec source,
      ModelOptions options,
      PreparedData data,
      Optional<ModelSpec> teacher,
      Long available)
      throws IOException, InterruptedException {
    var timing =
        new StepTiming(
            kind,
            options,
            data,
            teacher.map(t -> t.layers() <= MOST_LAYERS ? t : withLayers(t, 1)));
    Cost cost = cost(timing, source, available);
    if (teacher.isEmpty() || teacher.get().layers() <= MOST_LAYERS) {
      return cost;
    }
    ModelSpec one = withLayers(teacher.get(), 1);
    double several = timing.inferenceSeconds(withLayers(teacher.get(), MOST_LAYERS));
    double layer = Math.max(0, several - timing.inferenceSeconds(one)) / (MOST_LAYERS - 1);
    long weights = teacher.get().parameters() - one.parameters();
    return cost.with(
        layer * (teacher.get().layers() - 1), weights * options.frozen().bytesPerWeight());
  }

  private static Cost cost(StepTiming timing, ModelSpec source, Long available)
      throws IOException, InterruptedException {
    if (source.layers() <= MOST_LAYERS) {
      return timing.measure(source);
    }
    Cost one = timing.measure(withLayers(source, 1));
    MemoryNeed.require(source, one.memoryBytes(), available, "first layer alone");
    Cost more = timing.measure(withLayers(source, MOST_LAYERS));
    return one.extended(more, (source.layers() - 1.0) / (MOST_LAYERS - 1));
  }

  private static ModelSpec withLayers(ModelSpec source, int layers) {
    ModelShape shape = source.shape();
    return source.resized(
        new ModelShape(
            shape.hiddenSize(), layers, shape.heads(), shape.kvHeads(), shape.intermediateSize()));
  }

  private RunPlan plan(
      RunKind kind,
      ModelSpec source,
      Optional<ModelSpec> teacher,
      PreparedData data,
      Cost cost,
      SharedState state,
      Precision precision,
      long memory,
      Long available)
      throws IOException {
    RunConfig config = kind.config();
    long tokens = (long) config.steps() * config.globalBatch() * data.seqLen();
    long rows = Math.ceilDiv(config.globalBatch(), cluster.processes());
    long microBatches = Math.ceilDiv(rows, config.microBatch());
    double passes = rows / (double) config.microBatch(); // the last may be of fewer sequences
    long sent = state.bytesSent(microBatches, precision);
    // Blocks that are fetched are computed once more in the backward pass.
    boolean again = state.fetchesBlocks() && !config.activationCheckpointing();
    double pass = cost.microBatchSeconds() + (again ? cost.evaluationSeconds() : 0);
    double step =
        pass * passes + cost.updateSeconds() * state.shareOfUpdate() + sent / cluster.bandwidth();
    double evaluation =
        cost.evaluationSeconds()
            * Math.ceilDiv(Trainer.evaluator(config, data).batches(), cluster.processes());
    return new RunPlan(
        ModelSummary.of(source),
        teacher.map(ModelSummary::of).orElse(null),
        kind.targetSummary(source).orElse(null),
        config.steps(),
        tokens,
        epochs(config, data),
        cluster.processes(),
        memory,
        available,
        sent,
        step,
        evaluation,
        cost.checkpointSeconds(),
        12 * source.parameters(),
        RunPlan.seconds(config, step, evaluation, cost.checkpointSeconds()),
        expectedLoss(kind, source, tokens));
  }

  /** Not of a run that prunes: its loss follows what it has pruned, too. */
  private static ExpectedLoss expectedLoss(RunKind kind, ModelSpec source, long tokens)
      throws IOException {
    return kind instanceof PruneRun
        ? null
        : ExpectedLoss.of(kind.config().output(), ModelSummary.of(source), tokens).orElse(null);
  }

  private static SequencedMap<String, Double> epochs(RunConfig config, PreparedData data) {
    double[] weights = DomainMix.startingWeights(config.domains(), data);
    var domains = data.all(Split.TRAIN);
    SequencedMap<String, Double> epochs = new LinkedHashMap<>();
    for (int i = 0; i < weights.length; i++) {
      double sequences = weights[i] * config.steps() * config.globalBatch();
      epochs.put(data.domains().get(i), sequences / domains.get(i).count());
    }
    return epochs;
  }

  /** Files that the run maps and reads: they count as resident. */
  private static long mappedBytes(RunKind kind, RunConfig config, PreparedData data)
      throws IOException {
    long read = (long) config.steps() * config.globalBatch() * data.seqLen() * 4;
    long teacher =
        kind.teacher().isPresent() ? CheckpointFiles.weightBytes(kind.teacher().get()) : 0;
    return Math.min(data.bytes(), read) + CheckpointFiles.weightBytes(kind.tokenizer()) + teacher;
  }
}
