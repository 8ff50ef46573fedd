package io.github.drprune.config;

import io.github.drprune.config.binding.Inline;
import io.github.drprune.config.binding.Key;
import java.nio.file.Path;
import java.util.Optional;

/** The configuration of {@code tune}: the training of a checkpoint on conversations. */
public record TuneConfig(
    @Key(doc = "Folder of the checkpoint to start from.") Path model,
    @Key(
            doc = "Passes over the conversations, from which the steps follow; else 'steps' says.",
            above = 0)
        Optional<Double> epochs,
    @Inline(
            defaults = {
              "steps=300",
              "learning_rate=2e-5",
              "warmup=0.03",
              "evaluation_interval=10",
              "evaluation_sequences=32",
              "global_batch=16",
              "micro_batch=4",
              "domains.rho=1",
              "domains.keep_references=true"
            })
        RunConfig run) {

  /**
   * This configuration with the steps that its epochs take.
   *
   * @param sequences of the training data
   */
  public TuneConfig over(long sequences) {
    if (epochs.isEmpty()) {
      return this;
    }
    double steps = Math.ceil(epochs.get() * sequences / run.globalBatch());
    return new TuneConfig(
        model, epochs, run.withSteps((int) Math.clamp(steps, 1, Integer.MAX_VALUE)));
  }
}
