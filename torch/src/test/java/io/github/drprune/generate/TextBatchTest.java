package io.github.drprune.generate;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.drprune.model.CausalLm;
import io.github.drprune.model.ModelLoader;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.model.TinyModels;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TextBatchTest {
  private static final List<Integer> PROMPT_LENGTHS = List.of(9, 1, 33, 2, 5, 16, 1);
  private static final List<Integer> NEW_TOKENS = List.of(30, 3, 24, 0, 12, 1, 40);

  /** Of other lengths each, so that texts begin and end while others go on. */
  @ParameterizedTest
  @MethodSource("io.github.drprune.model.TinyModels#all")
  void textsAreThoseOfOneByOne(ModelSpec spec) {
    try (var model = TinyModels.model(spec, 12)) {
      List<List<Integer>> alone = generate(model, Sampling.GREEDY, EndTokens.NONE, 1);
      assertThat(alone).extracting(List::size).isEqualTo(NEW_TOKENS);
      assertThat(generate(model, Sampling.GREEDY, EndTokens.NONE, 3)).isEqualTo(alone);
      assertThat(generate(model, Sampling.GREEDY, EndTokens.NONE, 20)).isEqualTo(alone);
    }
  }

  @Test
  void drawnTextsAndTheirEndsAreThoseOfOneByOne() {
    try (var model = ModelLoader.random(TinyModels.llama(), TinyModels.FIXED, 11)) {
      var sampling = new Sampling(1.0, 0.9);
      List<List<Integer>> whole = generate(model, sampling, EndTokens.NONE, 1);
      var ends = new EndTokens(Set.of(whole.get(0).get(7), whole.get(6).get(20)));
      List<List<Integer>> alone = generate(model, sampling, ends, 1);
      assertThat(alone.get(0).size()).isLessThan(whole.get(0).size());
      assertThat(generate(model, sampling, ends, 4)).isEqualTo(alone);
    }
  }

  private static List<List<Integer>> generate(
      CausalLm model, Sampling sampling, EndTokens ends, int width) {
    List<List<Integer>> texts = new ArrayList<>();
    PROMPT_LENGTHS.forEach(_ -> texts.add(new ArrayList<>()));
    var growing =
        IntStream.range(0, texts.size())
            .mapToObj(
                i ->
                    new GrowingText(
                        model,
                        prompt(i),
                        NEW_TOKENS.get(i),
                        new GrowingText.Choice(sampling, ends, new SplittableRandom(i)),
                        token -> texts.get(i).add(token)))
            .iterator();
    new TextBatch(model, width).run(growing);
    return texts;
  }

  private static int[] prompt(int index) {
    return new SplittableRandom(100 + index).ints(PROMPT_LENGTHS.get(index), 3, 60).toArray();
  }
}
