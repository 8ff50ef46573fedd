package io.github.drprune.tokenizer;

import java.util.Arrays;

/**
 * Turns ids into text as they are generated: what it hands out, joined, is the text of all the ids.
 * A character whose bytes are spread over several ids is held back until it is whole.
 */
public final class StreamDecoder {
  private static final char UNFINISHED = '\uFFFD';

  private final Tokenizer tokenizer;
  private int[] ids = new int[16];
  private int count;
  // Decoders treat the start of a text specially, so every decoding begins a few ids early.
  private int context;
  private int shown;

  public StreamDecoder(Tokenizer tokenizer) {
    this.tokenizer = tokenizer;
  }

  /** Takes one more id and returns the text that became final, which may be empty. */
  public String append(int id) {
    if (count == ids.length) {
      ids = Arrays.copyOf(ids, 2 * count);
    }
    ids[count++] = id;
    String text = text(context, count);
    if (!text.isEmpty() && text.charAt(text.length() - 1) == UNFINISHED) {
      return "";
    }
    return advance(text);
  }

  /** The text held back, at the end of the generation. */
  public String finish() {
    return advance(text(context, count));
  }

  private String advance(String text) {
    String before = text(context, shown);
    context = shown;
    shown = count;
    return text.substring(Math.min(before.length(), text.length()));
  }

  private String text(int from, int to) {
    return tokenizer.decodeText(Arrays.copyOfRange(ids, from, to));
  }
}
