package io.github.drprune.config;

import io.github.drprune.config.binding.Key;
import java.nio.file.Path;

/** Learning from a larger model's distribution over each token, beside the text. */
public record DistillationConfig(
    @Key(
            doc =
                "Folder of the model to learn from, with the data's tokenizer; 'source' is the"
                    + " checkpoint that the run starts from, in a pipeline that of the stage cut"
                    + " or prune.",
            value = DistillationConfig.SOURCE)
        Path teacher,
    @Key(
            doc =
                "Share of the distillation loss in what is minimised; the rest is the cross"
                    + " entropy.",
            value = "0.5",
            above = 0,
            max = 1)
        double weight,
    @Key(
            doc =
                "Divides the logits of both models before the softmax; the distillation loss is"
                    + " multiplied by its square.",
            value = "1",
            above = 0)
        double temperature) {
  static final String SOURCE = "source";

  /** Whether the teacher is the checkpoint that the run starts from. */
  public boolean isOfSource() {
    return teacher.equals(Path.of(SOURCE));
  }
}
