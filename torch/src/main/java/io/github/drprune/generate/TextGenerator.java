package io.github.drprune.generate;

import io.github.drprune.error.UserException;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.model.CausalLm;
import io.github.drprune.nn.KvCache;
import java.util.function.IntPredicate;
import java.util.random.RandomGenerator;

/** Continues a text token by token, keeping the keys and values of what is behind it. */
public final class TextGenerator {
  private final CausalLm model;
  private final Sampling sampling;
  private final RandomGenerator random;

  public TextGenerator(CausalLm model, Sampling sampling, RandomGenerator random) {
    this.model = model;
    this.sampling = sampling;
    this.random = random;
  }

  /**
   * Generates at most {@code maxTokens} tokens after {@code prompt}.
   *
   * @param prompt token ids, at least one
   * @param sink takes each token as it comes and says whether to go on
   * @return how many tokens were generated
   */
  public int generate(int[] prompt, int maxTokens, IntPredicate sink) {
    int positions = model.spec().contextLength();
    if (prompt.length == 0) {
      throw new UserException("prompt: empty, and the tokenizer adds no first token; give a text");
    }
    if (prompt.length + maxTokens > positions) {
      throw new UserException(
          "max-tokens: a prompt of %d tokens and %d more exceed the model's %d positions"
              .formatted(prompt.length, maxTokens, positions));
    }
    try (var _ = NativeScope.open();
        var _ = NoGrad.open();
        var cache = model.newCache(1, prompt.length + maxTokens)) {
      int[] input = prompt;
      for (int generated = 0; generated < maxTokens; generated++) {
        int token = sampling.choose(logits(input, cache), random);
        if (!sink.test(token)) {
          return generated + 1;
        }
        input = new int[] {token};
      }
      return maxTokens;
    }
  }

  private float[] logits(int[] input, KvCache cache) {
    try (var _ = NativeScope.open()) {
      var tokens = Tensors.ofTokens(new int[][] {input}).to(model.device(), Tensors.TOKENS);
      return Tensors.floats(model.decode(tokens, cache));
    }
  }
}
