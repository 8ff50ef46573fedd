package io.github.drprune.vocabulary;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Gathers texts into batches, whose texts threads share out. */
final class TextBatches {
  /** A text of a domain. */
  record Text(String domain, String text) {}

  private static final int MOST_TEXTS = 1024;

  /** A text alone may have a million, and its tokens take many times its room. */
  private static final int MOST_CHARACTERS = 4 << 20;

  private final Consumer<List<Text>> taker;
  private final List<Text> batch = new ArrayList<>();
  private long characters;

  /**
   * @param taker takes a batch, which it must not keep
   */
  TextBatches(Consumer<List<Text>> taker) {
    this.taker = taker;
  }

  void add(String domain, String text) {
    batch.add(new Text(domain, text));
    characters += text.length();
    if (batch.size() == MOST_TEXTS || characters >= MOST_CHARACTERS) {
      flush();
    }
  }

  /** Hands on what is left. */
  void flush() {
    taker.accept(batch);
    batch.clear();
    characters = 0;
  }
}
