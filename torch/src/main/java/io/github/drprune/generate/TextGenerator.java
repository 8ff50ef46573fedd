package io.github.drprune.generate;

import io.github.drprune.model.CausalLm;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.function.IntPredicate;
import java.util.random.RandomGenerator;

/** Continues a text token by token, keeping the keys and values of what is behind it. */
public final class TextGenerator {
  private final CausalLm model;
  private final Sampling sampling;
  private final EndTokens end;
  private final RandomGenerator random;

  public TextGenerator(CausalLm model, Sampling sampling, EndTokens end, RandomGenerator random) {
    this.model = model;
    this.sampling = sampling;
    this.end = end;
    this.random = random;
  }

  /**
   * Generates at most {@code maxTokens} tokens after {@code prompt}, or up to an end token, which
   * is not part of the text.
   *
   * @param prompt token ids, at least one
   * @param sink takes each token as it comes
   */
  public void generate(int[] prompt, int maxTokens, IntConsumer sink) {
    generateWhile(
        prompt,
        maxTokens,
        token -> {
          sink.accept(token);
          return true;
        });
  }

  /**
   * As {@link #generate}, as long as more is wanted.
   *
   * @param sink takes each token as it comes and tells whether to go on
   */
  public void generateWhile(int[] prompt, int maxTokens, IntPredicate sink) {
    var choice = new GrowingText.Choice(sampling, end, random);
    var text = new GrowingText(model, prompt, maxTokens, choice, sink::test);
    new TextBatch(model, 1).run(List.of(text).iterator());
  }
}
