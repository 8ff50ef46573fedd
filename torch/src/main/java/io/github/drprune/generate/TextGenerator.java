package io.github.drprune.generate;

import io.github.drprune.error.UserException;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.model.CausalLm;
import io.github.drprune.nn.KvCache;
import java.util.Arrays;
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
    int positions = model.spec().contextLength();
    if (prompt.length == 0) {
      throw UserException.at(
          "prompt", "empty, and the tokenizer adds no first token", "give a text");
    }
    if (prompt.length + maxTokens > positions) {
      throw UserException.at(
          "max_tokens",
          "a prompt of %d tokens and %d more exceed the model's %d positions"
              .formatted(prompt.length, maxTokens, positions));
    }
    try (var _ = NativeScope.open();
        var _ = NoGrad.open();
        var cache = model.newCache(1, prompt.length + maxTokens)) {
      int[] text = Arrays.copyOf(prompt, prompt.length + maxTokens);
      int seen = 0; // tokens that the cache has
      for (int length = prompt.length; length < text.length; length++) {
        if (model.spec().attention().turnsAnewAt(length)) {
          cache.clear();
          seen = 0;
        }
        float[] logits = logits(Arrays.copyOfRange(text, seen, length), cache);
        seen = length;
        text[length] = sampling.choose(logits, random);
        if (end.contain(text[length]) || !sink.test(text[length])) {
          return;
        }
      }
    }
  }

  private float[] logits(int[] input, KvCache cache) {
    try (var _ = NativeScope.open()) {
      var tokens = Tensors.ofTokens(new int[][] {input}).to(model.device(), Tensors.TOKENS);
      float[] logits = Tensors.floats(model.decode(tokens, cache));
      for (float logit : logits) {
        if (!Float.isFinite(logit)) {
          throw new UserException(
              "model: computes NaN or infinity, though its weights are finite: they are too large,"
                  + " as after a training that diverged; use another checkpoint");
        }
      }
      return logits;
    }
  }
}
