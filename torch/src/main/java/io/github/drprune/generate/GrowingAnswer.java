package io.github.drprune.generate;

import io.github.drprune.generate.Chat.Reply;
import io.github.drprune.tokenizer.StreamDecoder;
import io.github.drprune.tokenizer.Tokenizer;
import java.util.function.Consumer;

/** An answer as its tokens come. */
final class GrowingAnswer implements GrowingText.Sink {
  private final StreamDecoder decoder;
  private final StringBuilder text = new StringBuilder();
  private final int most;
  private final Consumer<String> out;
  private final Consumer<Reply> done;
  private int count;

  /**
   * @param prompt token ids that the answer follows
   * @param most tokens that may come
   * @param out takes the answer piece by piece
   * @param done takes the whole answer
   */
  GrowingAnswer(
      Tokenizer tokenizer, int[] prompt, int most, Consumer<String> out, Consumer<Reply> done) {
    this.decoder = new StreamDecoder(tokenizer);
    for (int id : prompt) {
      decoder.append(id); // it decides about the space before the next word
    }
    this.most = most;
    this.out = out;
    this.done = done;
  }

  @Override
  public boolean take(int token) {
    count++;
    add(decoder.append(token));
    return true;
  }

  private void add(String piece) {
    text.append(piece);
    out.accept(piece);
  }

  @Override
  public void end() {
    add(decoder.finish());
    done.accept(new Reply(text.toString(), count < most));
  }
}
