package io.github.drprune.generate;

import io.github.drprune.error.UserException;
import io.github.drprune.model.CausalLm;
import io.github.drprune.model.ConfigReader;
import io.github.drprune.model.ModelLoader;
import io.github.drprune.model.ModelOptions;
import io.github.drprune.tokenizer.StreamDecoder;
import io.github.drprune.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
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
    Tokenizer tokenizer = Tokenizer.load(folder, ConfigReader.read(folder).vocabularySize());
    CausalLm model = null;
    try {
      model = ModelLoader.load(folder, options);
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
   * The tokens of {@code prompt}, which has all special tokens in its text.
   *
   * @throws UserException where they leave no room for an answer
   */
  int[] promptTokens(String prompt) {
    int[] ids = tokenizer.encode(prompt);
    if (ids.length >= model.spec().contextLength()) {
      throw new UserException(
          "the conversation has %,d tokens, the model takes %,d; begin a new one"
              .formatted(ids.length, model.spec().contextLength()));
    }
    return ids;
  }

  /**
   * A prompt to be answered.
   *
   * @param tokens what {@link #promptTokens} made of it
   * @param out takes the answer piece by piece as it comes
   * @param done takes the whole answer
   */
  record Question(int[] tokens, Generation how, Consumer<String> out, Consumer<Chat.Reply> done) {}

  /** Answers {@code questions}, {@code atOnce} at a time, each as it would be by itself. */
  void answer(List<Question> questions, EndTokens ends, int atOnce) {
    new TextBatch(model, atOnce)
        .run(
            // An iterator over a stream asks for each only when its turn comes.
            questions.stream().map(question -> growing(question, ends)).iterator());
  }

  private GrowingText growing(Question question, EndTokens ends) {
    Generation how = question.how();
    int[] prompt = question.tokens();
    int most = Math.min(how.maxTokens(), model.spec().contextLength() - prompt.length);
    return new GrowingText(
        model,
        prompt,
        most,
        new GrowingText.Choice(how.sampling(), ends, new SplittableRandom(how.seed())),
        new GrowingAnswer(tokenizer, prompt, most, question.out(), question.done()));
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
