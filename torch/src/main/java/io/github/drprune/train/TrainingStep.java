package io.github.drprune.train;

import io.github.drprune.config.RunConfig;
import io.github.drprune.data.Batch;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.model.CausalLm;
import io.github.drprune.nn.Targets;
import io.github.drprune.optim.AdamW;
import io.github.drprune.optim.Schedule;
import io.github.drprune.train.Objective.StepMasks;
import java.util.List;
import java.util.Optional;

/** One optimizer step over a global batch, in micro-batches. */
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

  public TrainingStep(
      RunConfig config,
      CausalLm model,
      Optional<Teacher> teacher,
      Objective objective,
      AdamW optimizer,
      List<String> domains) {
    this.config = config;
    this.model = model;
    this.teacher = teacher;
    this.objective = objective;
    this.optimizer = optimizer;
    this.domains = domains;
    this.schedule = schedule(config);
    this.pass = config.activationCheckpointing() ? new RecomputingPass() : GradientPass.DIRECT;
  }

  /** The learning rates of a run as factors on their peaks. */
  public static Schedule schedule(RunConfig config) {
    return new Schedule(
        config.steps(),
        Math.round(config.optimizer().warmup() * config.steps()),
        config.optimizer().finalLearningRate());
  }

  /** The gradient of step {@code step}, counted from 1, on {@code batch}; nothing is changed. */
  public Gradient gradient(long step, Batch batch) {
    try (var _ = NativeScope.open()) {
      optimizer.zeroGrad();
      StepMasks masks = objective.draw(step);
      var losses = new DomainLosses(domains);
      long predicted = batch.predicted();
      for (int from = 0; from < batch.rows(); from += config.microBatch()) {
        int rows = Math.min(config.microBatch(), batch.rows() - from);
        Batch micro = batch.rows(from, rows);
        if (micro.predicted() == 0 && predicted > 0) {
          continue;
        }
        accumulate(micro, masks, (double) micro.predicted() / predicted, losses);
        if (!Double.isFinite(losses.mean())) { // as it is without any token that counts
          return new Gradient(losses, Double.NaN);
        }
      }
      masks.backward();
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

  /** Adds a micro-batch's share of the gradient and its losses. */
  private void accumulate(Batch micro, StepMasks masks, double share, DomainLosses losses) {
    try (var _ = NativeScope.open()) {
      Targets hard = Targets.of(micro, model.device());
      Targets targets = teacher.map(t -> hard.with(t.of(hard.tokens()))).orElse(hard);
      losses.add(micro, pass.run(model, targets, masks.masks(), share));
    }
  }
}
