package io.github.drprune.run;

import io.github.drprune.config.RunConfig;
import io.github.drprune.config.TrainConfig;
import io.github.drprune.data.Manifest;
import io.github.drprune.model.CausalLm;
import io.github.drprune.model.CheckpointCheck;
import io.github.drprune.model.ModelLoader;
import io.github.drprune.model.ModelOptions;
import io.github.drprune.model.ModelSpec;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** Continued pretraining of a checkpoint, or training from scratch. */
public record TrainRun(TrainConfig whole) implements UnprunedRun {
  @Override
  public String command() {
    return "train";
  }

  @Override
  public RunConfig config() {
    return whole.run();
  }

  @Override
  public ModelSpec source() throws IOException {
    return whole.model().isPresent()
        ? CheckpointCheck.of(whole.model().get())
        : whole.shape().orElseThrow().model(Manifest.read(config().data()).seqLen());
  }

  @Override
  public Optional<Path> model() {
    return whole.model();
  }

  @Override
  public Path tokenizer() {
    return whole.model().orElseGet(() -> whole.shape().orElseThrow().tokenizer());
  }

  @Override
  public CausalLm load(ModelOptions options) throws IOException {
    return whole.model().isPresent()
        ? ModelLoader.loadChecked(whole.model().get(), options)
        : ModelLoader.random(source(), options, config().seed());
  }
}
