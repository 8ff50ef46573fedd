package io.github.drprune.config;

import io.github.drprune.config.binding.Inline;
import io.github.drprune.config.binding.Key;
import java.nio.file.Path;
import java.util.Optional;

/** The configuration of {@code train}: of a checkpoint, or of a new model of a given shape. */
public record TrainConfig(
    @Key(doc = "Folder of the checkpoint to start from.") Optional<Path> model,
    @Key(doc = "The model to train from scratch, instead of a checkpoint.")
        Optional<ShapeConfig> shape,
    @Inline(defaults = {"warmup=0.03", "evaluation_interval=100"}) RunConfig run) {
  public TrainConfig {
    if (model.isPresent() == shape.isPresent()) {
      throw new IllegalArgumentException(
          "model: give either a checkpoint's folder or a shape to train from scratch; found "
              + (model.isPresent() ? "both" : "neither"));
    }
    if (model.isEmpty() && run.distillation().filter(d -> d.isOfSource()).isPresent()) {
      throw new IllegalArgumentException(
          "distillation.teacher: 'source' is the checkpoint to start from, and there is none;"
              + " name a model's folder");
    }
  }
}
