package io.github.drprune.generate;

import io.github.drprune.error.UserException;
import io.github.drprune.model.CausalLm;
import io.github.drprune.model.ModelOutput;
import io.github.drprune.nn.KvCache;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/** A text that is continued token by token, with the keys and values of what is behind it. */
final class GrowingText implements AutoCloseable {
  private final CausalLm model;
  private final KvCache cache;
  private final int[] tokens; // the prompt, and room for what may follow
  private final Choice choice;
  private final Sink sink;
  private int length;
  private int seen; // tokens that the cache has
  private boolean open = true;

  /** Takes the tokens that a text grows by. */
  interface Sink {
    /** Takes the next token and tells whether to go on. */
    boolean take(int token);

    /** No further token comes. */
    default void end() {}
  }

  /** How the tokens are chosen. */
  record Choice(Sampling sampling, EndTokens end, RandomGenerator random) {}

  /**
   * @param prompt token ids, at least one
   * @param maxTokens to add at most
   */
  GrowingText(CausalLm model, int[] prompt, int maxTokens, Choice choice, Sink sink) {
    int positions = model.spec().contextLength();
    if (prompt.length == 0) {
      throw UserException.at(
          "prompt", "empty, and the tokenizer adds no first token", "give a text");
    }
    if (maxTokens > positions - prompt.length) {
      throw UserException.at(
          "max_tokens",
          "a prompt of %d tokens and %d more exceed the model's %d positions"
              .formatted(prompt.length, maxTokens, positions));
    }
    this.model = model;
    this.tokens = Arrays.copyOf(prompt, prompt.length + maxTokens);
    this.length = prompt.length;
    this.choice = choice;
    this.sink = sink;
    this.cache = model.newCache(1, tokens.length);
  }

  /** Whether a token is wanted. */
  boolean isOpen() {
    return open && length < tokens.length;
  }

  KvCache cache() {
    return cache;
  }

  /** The tokens that the model has to see before it gives the logits of the next. */
  int[] unread() {
    if (model.spec().attention().turnsAnewAt(length)) {
      cache.clear();
      seen = 0;
    }
    return Arrays.copyOfRange(tokens, seen, length);
  }

  /** Takes the logits that follow what was unread. */
  void take(float[] logits) {
    ModelOutput.requireFinite(logits);
    seen = length;
    int token = choice.sampling().choose(logits, choice.random());
    tokens[length++] = token;
    open = !choice.end().contain(token) && sink.take(token);
    if (!isOpen()) {
      sink.end();
    }
  }

  @Override
  public void close() {
    cache.close();
  }
}
