package io.github.drprune.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.drprune.error.UserException;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.Ops;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.model.CausalLm;
import io.github.drprune.model.ModelLoader;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.model.TinyModels;
import io.github.drprune.nn.ModelMasks;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.bytedeco.pytorch.Scalar;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TextGeneratorTest {
  private static final int[] PROMPT = {3, 14, 15, 9, 2};

  @ParameterizedTest
  @MethodSource("io.github.drprune.model.TinyModels#all")
  void greedyWithCacheEqualsGreedyWithout(ModelSpec config) {
    try (var model = TinyModels.model(config, 12)) {
      List<Integer> text = generate(model, Sampling.GREEDY, 64);
      assertThat(text).isEqualTo(withoutCache(model, 64));
      assertThat(Set.copyOf(text)).hasSizeGreaterThan(1);
    }
  }

  @Test
  void theSameSeedGivesTheSameText() {
    try (var model = ModelLoader.random(TinyModels.llama(), TinyModels.FIXED, 11)) {
      var sampling = new Sampling(1.0, 0.9);
      assertThat(generate(model, sampling, 30)).isEqualTo(generate(model, sampling, 30));
    }
  }

  @Test
  void endsBeforeTheFirstOfTheEndTokens() {
    try (var model = ModelLoader.random(TinyModels.llama(), TinyModels.FIXED, 11)) {
      var sampling = new Sampling(1.0, 1.0);
      List<Integer> whole = generate(model, sampling, 40);
      int end = whole.get(7);
      var ends = new EndTokens(Set.of(end, 1_000_000, -1));
      assertThat(generate(model, sampling, ends, 40))
          .isEqualTo(whole.subList(0, whole.indexOf(end)));
    }
  }

  @Test
  void saysThatAModelComputesNoNumbers() {
    try (var model = ModelLoader.random(TinyModels.llama(), TinyModels.TRAINED, 11);
        var _ = NativeScope.open();
        var _ = NoGrad.open()) {
      model.weights().get("lm_head.weight").tensor().fill_(new Scalar(3e38));
      assertThatThrownBy(() -> generate(model, Sampling.GREEDY, 5))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("NaN or infinity");
    }
  }

  @Test
  void moreTokensThanANumberCanCountAreRefusedAsTooMany() {
    try (var model = ModelLoader.random(TinyModels.llama(), TinyModels.FIXED, 11)) {
      assertThatThrownBy(() -> generate(model, Sampling.GREEDY, Integer.MAX_VALUE))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("max_tokens")
          .hasMessageContaining("exceed the model's");
    }
  }

  @Test
  void nucleusLeavesOutUnlikelyTokens() {
    // Probabilities 0.64, 0.24, 0.09, 0.03: the first two reach 0.8.
    float[] logits = {3, 2, 1, 0};
    var random = new SplittableRandom(1);
    var counts = new int[4];
    for (int i = 0; i < 20_000; i++) {
      counts[new Sampling(1.0, 0.8).choose(logits, random)]++;
    }
    assertThat(counts[2] + counts[3]).isZero();
    assertThat(counts[0] / 20_000.0).isBetween(0.72, 0.742); // 0.731 expected, 3 sigma 0.0094
  }

  private static List<Integer> generate(CausalLm model, Sampling sampling, int tokens) {
    return generate(model, sampling, EndTokens.NONE, tokens);
  }

  private static List<Integer> generate(
      CausalLm model, Sampling sampling, EndTokens end, int tokens) {
    List<Integer> generated = new ArrayList<>();
    new TextGenerator(model, sampling, end, new SplittableRandom(5))
        .generate(PROMPT, tokens, generated::add);
    return generated;
  }

  private static List<Integer> withoutCache(CausalLm model, int tokens) {
    int[] text = PROMPT;
    List<Integer> generated = new ArrayList<>();
    for (int i = 0; i < tokens; i++) {
      try (var _ = NativeScope.open();
          var _ = NoGrad.open()) {
        var logits = model.forward(Tensors.ofTokens(new int[][] {text}), ModelMasks.NONE);
        generated.add((int) Tensors.longs(Ops.argmax(logits.select(1, -1)))[0]);
      }
      text = Arrays.copyOf(text, text.length + 1);
      text[text.length - 1] = generated.getLast();
    }
    return generated;
  }
}
