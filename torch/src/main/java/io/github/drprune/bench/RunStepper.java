package io.github.drprune.bench;

import io.github.drprune.config.RunConfig;
import io.github.drprune.data.Batch;
import io.github.drprune.model.CausalLm;
import io.github.drprune.optim.AdamW;
import io.github.drprune.train.Learning;
import io.github.drprune.train.Objective;
import io.github.drprune.train.TrainingStep;
import java.util.List;
import java.util.Optional;

/** The step of a run, as it is. */
final class RunStepper implements Stepper {
  private final RunConfig config;
  private final CausalLm model;
  private final Batch batch;
  private final AdamW optimizer;

  /**
   * @param learned all that any step is to learn
   */
  RunStepper(RunConfig config, CausalLm model, Objective learned, Batch batch) {
    this.config = config;
    this.model = model;
    this.batch = batch;
    this.optimizer = Learning.optimizer(config, model, learned);
  }

  @Override
  public void step(Objective objective) {
    var step =
        new TrainingStep(
            config, model, Optional.empty(), objective, optimizer, List.of(Contender.DOMAIN));
    Stepper.requireFinite(step.gradient(1, batch).norm());
    step.apply(1);
  }

  @Override
  public void update() {
    optimizer.clip(config.optimizer().gradientClip());
    optimizer.step(1);
  }

  @Override
  public void close() {
    optimizer.close();
  }
}
