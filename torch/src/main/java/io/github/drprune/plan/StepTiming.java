package io.github.drprune.plan;

import io.github.drprune.checkpoint.CheckpointStore;
import io.github.drprune.config.RunConfig;
import io.github.drprune.data.Batch;
import io.github.drprune.data.BatchLoader;
import io.github.drprune.data.PreparedData;
import io.github.drprune.data.SamplerState;
import io.github.drprune.data.Split;
import io.github.drprune.distributed.GlobalTensor;
import io.github.drprune.distributed.ProcessGroup;
import io.github.drprune.io.TemporaryFolder;
import io.github.drprune.libtorch.LibTorch;
import io.github.drprune.libtorch.NativeMemory;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.model.CausalLm;
import io.github.drprune.model.ModelLoader;
import io.github.drprune.model.ModelOptions;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.nn.ModelMasks;
import io.github.drprune.nn.Targets;
import io.github.drprune.optim.AdamW;
import io.github.drprune.run.RunKind;
import io.github.drprune.train.DomainMix;
import io.github.drprune.train.Learning;
import io.github.drprune.train.Teacher;
import io.github.drprune.train.TrainingStep;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.SequencedMap;
import org.bytedeco.pytorch.Tensor;

/** Takes a few steps of a run with a model of its shape and random weights, and times them. */
final class StepTiming {
  private static final int REPETITIONS = 3;

  /**
   * What parts of a run cost.
   *
   * @param microBatchSeconds forward and backward of one micro-batch
   * @param updateSeconds what a step takes once, whatever its batch
   * @param evaluationSeconds forward of one micro-batch
   * @param checkpointSeconds of one checkpoint
   * @param memoryBytes peak of the whole process: what an earlier model left with the allocator
   *     serves the next one, so a difference would miss it
   */
  record Cost(
      double microBatchSeconds,
      double updateSeconds,
      double evaluationSeconds,
      double checkpointSeconds,
      long memoryBytes) {
    /** The point on the line from this to {@code more} that is {@code share} of the way along. */
    Cost extended(Cost more, double share) {
      return new Cost(
          along(microBatchSeconds, more.microBatchSeconds, share),
          along(updateSeconds, more.updateSeconds, share),
          along(evaluationSeconds, more.evaluationSeconds, share),
          along(checkpointSeconds, more.checkpointSeconds, share),
          Math.round(along(memoryBytes, more.memoryBytes, share)));
    }

    /** The same with a teacher's further layers. */
    Cost with(double teacherSeconds, long teacherBytes) {
      return new Cost(
          microBatchSeconds + teacherSeconds,
          updateSeconds,
          evaluationSeconds,
          checkpointSeconds,
          memoryBytes + teacherBytes);
    }

    private static double along(double from, double to, double share) {
      // A busy machine can make less work take longer; nothing shrinks with layers.
      return from + Math.max(0, to - from) * share;
    }
  }

  private final RunKind kind;
  private final RunConfig config;
  private final ModelOptions options;
  private final PreparedData data;
  private final Optional<ModelSpec> teacher;

  /**
   * @param teacher the shape of the model to learn from
   */
  StepTiming(RunKind kind, ModelOptions options, PreparedData data, Optional<ModelSpec> teacher) {
    this.teacher = teacher;
    this.kind = kind;
    this.config = kind.config();
    this.options = options;
    this.data = data;
  }

  /** Measures the run's step with a model of {@code shape}. */
  Cost measure(ModelSpec shape) throws IOException, InterruptedException {
    NativeMemory.resetPeak();
    int two = 2 * config.microBatch();
    Optional<Teacher> taught = teacher.map(this::randomTeacher);
    try (var _ = taught.orElse(null);
        CausalLm model = ModelLoader.random(shape, options, config.seed());
        var objective = kind.trial(model);
        var optimizer = Learning.optimizer(config, model, objective);
        var batches = batches(two)) {
      var step = new TrainingStep(config, model, taught, objective, optimizer, data.domains());
      Batch whole = batches.next(weights());
      Batch half = whole.rows(0, config.microBatch());
      waitedFor(step, whole); // the first one also fills caches
      double[] one = new double[REPETITIONS];
      double[] both = new double[REPETITIONS];
      double[] evaluation = new double[REPETITIONS];
      for (int i = 0; i < REPETITIONS; i++) {
        one[i] = seconds(() -> waitedFor(step, half));
        both[i] = seconds(() -> waitedFor(step, whole));
        evaluation[i] = seconds(() -> evaluate(model, half));
      }
      long memory = NativeMemory.peakResident();
      double microBatch = Math.max(median(both) - median(one), 0.5 * median(one));
      return new Cost(
          microBatch,
          Math.max(0, median(one) - microBatch),
          median(evaluation),
          checkpointSeconds(model, optimizer),
          memory);
    }
  }

  private Teacher randomTeacher(ModelSpec shape) {
    return new Teacher(
        ModelLoader.random(shape, options.frozen(), config.seed()),
        config.distillation().orElseThrow());
  }

  /** Seconds in which a model of {@code shape} that is not trained reads a micro-batch. */
  double inferenceSeconds(ModelSpec shape) throws InterruptedException {
    try (CausalLm model = ModelLoader.random(shape, options.frozen(), config.seed());
        var batches = batches(config.microBatch())) {
      Batch batch = batches.next(weights());
      Runnable work =
          () -> {
            try (var _ = NativeScope.open();
                var _ = NoGrad.open()) {
              Tensor tokens = Targets.of(batch, model.device()).tokens();
              model.hidden(tokens, ModelMasks.NONE).narrow(0, 0, 1).sum().item_double();
            }
          };
      work.run();
      double[] seconds = new double[REPETITIONS];
      for (int i = 0; i < REPETITIONS; i++) {
        seconds[i] = seconds(work);
      }
      return median(seconds);
    }
  }

  private BatchLoader batches(int size) {
    return new BatchLoader(
        data.all(Split.TRAIN),
        SamplerState.start(config.seed(), data.domains().size()),
        new BatchLoader.Share(size, 0, 1));
  }

  private double[] weights() {
    return DomainMix.startingWeights(config.domains(), data);
  }

  private void waitedFor(TrainingStep step, Batch batch) {
    step.gradient(1, batch);
    step.apply(1);
    LibTorch.synchronize(options.device());
  }

  private static void evaluate(CausalLm model, Batch batch) {
    try (var _ = NativeScope.open();
        var _ = NoGrad.open()) {
      Targets targets = Targets.of(batch, model.device());
      model.loss(targets, ModelMasks.NONE).perToken().sum().item_double();
    }
  }

  /** Writes a checkpoint where the run's would go, and removes it again. */
  private double checkpointSeconds(CausalLm model, AdamW optimizer) throws IOException {
    Path output = config.output().toAbsolutePath();
    Path existing = output;
    while (!Files.isDirectory(existing)) {
      existing = existing.getParent();
    }
    try (var folder = TemporaryFolder.in(existing)) {
      var store = new CheckpointStore(folder.path(), 1, ProcessGroup.SINGLE);
      SequencedMap<String, SequencedMap<String, GlobalTensor>> tensors = new LinkedHashMap<>();
      tensors.put("weights", GlobalTensor.of(Learning.weights(model)));
      tensors.put("optimizer", optimizer.state());
      long start = System.nanoTime();
      // What the state and the log say matters little beside the tensors.
      Path log = Files.createFile(folder.path().resolve("log"));
      store.save(0, tensors, SamplerState.start(config.seed(), data.domains().size()), log, 0);
      return (System.nanoTime() - start) / 1e9;
    }
  }

  private static double seconds(Runnable work) {
    long start = System.nanoTime();
    work.run();
    return (System.nanoTime() - start) / 1e9;
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
