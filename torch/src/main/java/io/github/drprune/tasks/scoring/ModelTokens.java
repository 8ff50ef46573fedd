package io.github.drprune.tasks.scoring;

import io.github.drprune.error.UserException;
import io.github.drprune.generate.EndTokens;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.OptionalInt;

/**
 * A checkpoint without its weights: how texts become its tokens, and which tokens end one. All of
 * it can be loaded, and its mistakes told, before a model is.
 */
record ModelTokens(PromptTokens prompts, EndTokens end) implements AutoCloseable {
  /**
   * Of the checkpoint in {@code folder}.
   *
   * @param maxLength tokens that it reads at once; empty for as many as it can
   */
  static ModelTokens load(Path folder, ModelSpec spec, OptionalInt maxLength) throws IOException {
    int positions = spec.contextLength();
    int length = maxLength.orElse(positions);
    if (length < 2 || length > positions) {
      throw UserException.at(
          "max_length",
          "must be from 2 to the %d positions of %s, not %d".formatted(positions, folder, length));
    }
    Tokenizer tokenizer = Tokenizer.load(folder, spec.vocabularySize());
    try {
      var end = EndTokens.of(folder, spec, tokenizer.specialTokens());
      return new ModelTokens(PromptTokens.of(tokenizer, length), end);
    } catch (IOException | RuntimeException e) {
      tokenizer.close();
      throw e;
    }
  }

  Tokenizer tokenizer() {
    return prompts.tokenizer();
  }

  @Override
  public void close() {
    tokenizer().close();
  }
}
