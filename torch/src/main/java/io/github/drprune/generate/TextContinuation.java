package io.github.drprune.generate;

import io.github.drprune.error.UserException;
import io.github.drprune.model.CausalLm;
import io.github.drprune.model.CheckpointSummary;
import io.github.drprune.model.ModelLoader;
import io.github.drprune.model.ModelOptions;
import io.github.drprune.tokenizer.StreamDecoder;
import io.github.drprune.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/** A checkpoint with its tokenizer, to continue texts with. */
public final class TextContinuation implements AutoCloseable {
  private final Tokenizer tokenizer;
  private final CausalLm model;
  private final EndTokens end;

  private TextContinuation(Tokenizer tokenizer, CausalLm model, EndTokens end) {
    this.tokenizer = tokenizer;
    this.model = model;
    this.end = end;
  }

  /** Loads the checkpoint in {@code folder}. */
  public static TextContinuation load(Path folder, ModelOptions options) throws IOException {
    Tokenizer tokenizer = Tokenizer.load(folder);
    CausalLm model = null;
    try {
      model = ModelLoader.load(folder, options);
      CheckpointSummary.requireFitting(tokenizer, model.spec());
      var end = EndTokens.of(folder, model.spec(), tokenizer.specialTokens());
      return new TextContinuation(tokenizer, model, end);
    } catch (IOException | RuntimeException | Error e) {
      tokenizer.close();
      if (model != null) {
        model.close();
      }
      throw e;
    }
  }

  /** Gives {@code prompt} and what follows it to {@code out}, piece by piece as it comes. */
  public void stream(String prompt, Generation how, Consumer<String> out) {
    var text = new StreamDecoder(tokenizer);
    int[] ids = ids(prompt);
    // The prompt goes through the decoder too: it decides about the space before the next word.
    for (int id : ids) {
      out.accept(text.append(id));
    }
    new TextGenerator(model, how.sampling(), end, new SplittableRandom(how.seed()))
        .generate(ids, how.maxTokens(), token -> out.accept(text.append(token)));
    out.accept(text.finish());
  }

  /**
   * Gives what follows {@code prompt}, which has all special tokens in its text, to {@code out}.
   *
   * @return whether an end token came, rather than as many tokens as there may be
   */
  boolean answer(String prompt, Generation how, EndTokens ends, Consumer<String> out) {
    int[] ids = tokenizer.encode(prompt);
    int room = model.spec().contextLength() - ids.length;
    if (room < 1) {
      throw new UserException(
          "the conversation has %,d tokens, the model takes %,d; begin a new one"
              .formatted(ids.length, model.spec().contextLength()));
    }
    int most = Math.min(how.maxTokens(), room);
    var text = new StreamDecoder(tokenizer);
    for (int id : ids) {
      text.append(id); // it decides about the space before the next word
    }
    int[] count = {0};
    new TextGenerator(model, how.sampling(), ends, new SplittableRandom(how.seed()))
        .generate(
            ids,
            most,
            token -> {
              count[0]++;
              out.accept(text.append(token));
            });
    out.accept(text.finish());
    return count[0] < most;
  }

  Tokenizer tokenizer() {
    return tokenizer;
  }

  EndTokens end() {
    return end;
  }

  private int[] ids(String prompt) {
    int[] ids = tokenizer.encode(prompt);
    Integer bos = tokenizer.specialTokens().bos();
    return bos == null ? ids : IntStream.concat(IntStream.of(bos), IntStream.of(ids)).toArray();
  }

  @Override
  public void close() {
    model.close();
    tokenizer.close();
  }
}
