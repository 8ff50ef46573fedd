package io.github.drprune.tasks.scoring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.drprune.libtorch.LibTorch;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.Precision;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.model.CausalLm;
import io.github.drprune.model.ModelOptions;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.model.TinyModels;
import io.github.drprune.nn.ModelMasks;
import io.github.drprune.tasks.Response.Likelihood;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Likelihoods with shared beginnings are those of each input read by itself. */
class LikelihoodScorerTest {
  static Stream<ModelSpec> models() {
    return TinyModels.all();
  }

  @ParameterizedTest
  @MethodSource("models")
  void sharedBeginningsChangeNothing(ModelSpec spec) {
    var random = new SplittableRandom(4);
    List<ScoredTokens> items = new ArrayList<>();
    int[] shared = random.ints(40, 0, 61).toArray();
    for (int question = 0; question < 5; question++) {
      int[] prompt = joined(shared, random.ints(1 + 4 * question, 0, 61).toArray());
      for (int choice = 0; choice < 3; choice++) {
        int[] tokens = joined(prompt, random.ints(1 + choice, 0, 61).toArray());
        items.add(new ScoredTokens(tokens, choice + 1));
      }
      // One token of the same prompt, and a text that begins another.
      items.add(new ScoredTokens(joined(prompt, new int[] {question}), 1));
      items.add(new ScoredTokens(prompt, prompt.length - 1));
    }
    items.add(new ScoredTokens(new int[] {1, 7}, 1));
    items.add(new ScoredTokens(new int[] {1, 7, 9, 3, 5}, 4));
    var options = ModelOptions.inference(LibTorch.device("cpu"), Optional.of(Precision.FP32));
    try (var model = TinyModels.model(spec, 3, options)) {
      List<Likelihood> scored = new LikelihoodScorer(model).score(items);

      for (int i = 0; i < items.size(); i++) {
        Likelihood alone = alone(model, items.get(i));
        assertThat(scored.get(i).logLikelihood())
            .as("item %d", i)
            .isCloseTo(alone.logLikelihood(), within(1e-4));
        assertThat(scored.get(i).greedy()).isEqualTo(alone.greedy());
      }
    }
  }

  private static int[] joined(int[] first, int[] second) {
    int[] all = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, all, first.length, second.length);
    return all;
  }

  private static Likelihood alone(CausalLm model, ScoredTokens item) {
    try (var _ = NativeScope.open();
        var _ = NoGrad.open()) {
      var tokens = Tensors.ofTokens(new int[][] {item.input()});
      float[] logits = Tensors.floats(model.forward(tokens, ModelMasks.NONE));
      int vocabulary = model.spec().vocabularySize();
      double sum = 0;
      boolean greedy = true;
      for (int at = item.first(); at < item.input().length; at++) {
        double all = 0;
        boolean largest = true;
        float target = logits[at * vocabulary + item.target(at)];
        for (int token = 0; token < vocabulary; token++) {
          float logit = logits[at * vocabulary + token];
          all += Math.exp(logit);
          largest &= logit <= target;
        }
        sum += target - Math.log(all);
        greedy &= largest;
      }
      return new Likelihood(sum, greedy);
    }
  }
}
