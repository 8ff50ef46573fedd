package io.github.drprune.train;

import io.github.drprune.config.RunConfig;
import io.github.drprune.data.Batch;
import io.github.drprune.distributed.ProcessGroup;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.model.CausalLm;
import io.github.drprune.nn.Targets;
import io.github.drprune.optim.AdamW;
import io.github.drprune.optim.Schedule;
import io.github.drprune.train.Objective.StepMasks;
import java.util.List;
import java.util.Optional;

/**
 * One optimizer step over a global batch, in micro-batches. Of several processes each computes its
 * rows of the batch, and all take the same step.
 */
public final class TrainingStep {
  /**
   * The gradient of a step, which lies with the parameters until the next one.
   *
   * @param norm before clipping; NaN where the loss was not finite
   */
  public record Gradient(DomainLosses losses, double norm) {
    /** Whether a step can be taken along it. */
    boolean isFinite() {
      return Double.isFinite(norm);
    }
  }

  private final RunConfig config;
  private final CausalLm model;
  private final Optional<Teacher> teacher;
  private final Objective objective;
  private final AdamW optimizer;
  private final Schedule schedule;
  private final GradientPass pass;
  private final List<String> domains;
  private final ProcessGroup processes;

  /** Of one process. */
  public TrainingStep(
      RunConfig config,
      CausalLm model,
      Optional<Teacher> teacher,
      Objective objective,
      AdamW optimizer,
      List<String> domains) {
    this(config, model, teacher, objective, optimizer, domains, ProcessGroup.SINGLE);
  }

  public TrainingStep(
      RunConfig config,
      CausalLm model,
      Optional<Teacher> teacher,
      Objective objective,
      AdamW optimizer,
      List<String> domains,
      ProcessGroup processes) {
    this.config = config;
    this.model = model;
    this.teacher = teacher;
    this.objective = objective;
    this.optimizer = optimizer;
    this.domains = domains;
    this.processes = processes;
    this.schedule = schedule(config);
    boolean recomputing =
        config.activationCheckpointing()
            || processes.isShared() && config.sharding().fetchesBlocks();
    this.pass = recomputing ? new RecomputingPass() : GradientPass.DIRECT;
  }

  /** The learning rates of a run as factors on their peaks. */
  public static Schedule schedule(RunConfig config) {
    return new Schedule(
        config.steps(),
        Math.round(config.optimizer().warmup() * config.steps()),
        config.optimizer().finalLearningRate());
  }

  /**
   * The gradient of step {@code step}, counted from 1; nothing is changed.
   *
   * @param batch this process's rows of the global batch
   */
  public Gradient gradient(long step, Batch batch) {
    try (var _ = NativeScope.open()) {
      optimizer.zeroGrad();
      StepMasks masks = objective.draw(step);
      var losses = new DomainLosses(domains);
      double predicted = processes.sums(batch.predicted())[0];
      int most = mostRows(batch);
      for (int from = 0; from < most; from += config.microBatch()) {
        if (from + config.microBatch() >= most) {
          optimizer.expectLastPass();
        }
        int rows = Math.min(config.microBatch(), batch.rows() - from);
        Batch micro = rows > 0 ? batch.rows(from, rows) : null;
        if (micro != null && micro.predicted() > 0 && losses.areFinite()) {
          accumulate(micro, masks, micro.predicted() / predicted, losses);
        } else if (processes.isShared()) {
          RecomputingPass.borrow(model);
        }
      }
      optimizer.startSums();
      losses.sum(processes);
      if (!Double.isFinite(losses.mean())) { // as it is without any token that counts
        optimizer.awaitSums();
        return new Gradient(losses, Double.NaN);
      }
      masks.backward(processes);
      optimizer.awaitSums();
      return new Gradient(losses, optimizer.clip(config.optimizer().gradientClip()));
    }
  }

  /**
   * Takes step {@code step} along the gradient computed last, which must be finite.
   *
   * @return the learning rate of the weights
   */
  public double apply(long step) {
    try (var _ = NativeScope.open()) {
      double factor = schedule.at(step);
      optimizer.step(factor);
      objective.afterStep(step);
      return factor * config.optimizer().learningRate();
    }
  }

  /** Rows of any process: where weights are shared all fetch them equally often. */
  private int mostRows(Batch batch) {
    int size = processes.size();
    return processes.isShared() ? (config.globalBatch() + size - 1) / size : batch.rows();
  }

  /** Adds a micro-batch's share of the gradient and its losses. */
  private void accumulate(Batch micro, StepMasks masks, double share, DomainLosses losses) {
    try (var _ = NativeScope.open()) {
      Targets hard = Targets.of(micro, model.device());
      Targets targets = teacher.map(t -> hard.with(t.of(hard))).orElse(hard);
      losses.add(micro, pass.run(model, targets, masks.masks(), share));
    }
  }
}
