package io.github.drprune.generate;

import io.github.drprune.error.UserException;
import java.util.Arrays;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;

/**
 * How the next token is chosen from logits.
 *
 * @param temperature divides the logits; 0 takes the most likely token
 * @param topP keeps the smallest set of most likely tokens whose probabilities reach it (nucleus
 *     sampling, arXiv 1904.09751)
 */
public record Sampling(double temperature, double topP) {
  /** Always the most likely token. */
  public static final Sampling GREEDY = new Sampling(0, 1);

  public Sampling {
    if (!(temperature >= 0) || Double.isInfinite(temperature)) {
      throw UserException.at("temperature", "must be 0 or more, not " + temperature);
    }
    if (!(topP > 0 && topP <= 1)) {
      throw UserException.at("top_p", "must be above 0 and at most 1, not " + topP);
    }
  }

  /** The index chosen; the lowest of those that tie when greedy. */
  public int choose(float[] logits, RandomGenerator random) {
    int best = argmax(logits);
    if (temperature == 0) {
      return best;
    }
    var weights = new double[logits.length];
    double total = 0;
    for (int i = 0; i < logits.length; i++) {
      weights[i] = Math.exp((logits[i] - logits[best]) / temperature);
      total += weights[i];
    }
    return topP == 1
        ? draw(IntStream.range(0, weights.length).toArray(), weights, total, random)
        : drawNucleus(weights, total, random);
  }

  private int drawNucleus(double[] weights, double total, RandomGenerator random) {
    int[] order =
        IntStream.range(0, weights.length)
            .boxed()
            .sorted((a, b) -> Double.compare(weights[b], weights[a]))
            .mapToInt(Integer::intValue)
            .toArray();
    double nucleus = 0;
    int size = 0;
    while (size < order.length && nucleus < topP * total) {
      nucleus += weights[order[size]];
      size++;
    }
    return draw(Arrays.copyOf(order, size), weights, nucleus, random);
  }

  private static int draw(int[] tokens, double[] weights, double total, RandomGenerator random) {
    double left = random.nextDouble() * total;
    for (int token : tokens) {
      left -= weights[token];
      if (left < 0) {
        return token;
      }
    }
    return tokens[0]; // only rounding leaves anything
  }

  private static int argmax(float[] values) {
    int best = 0;
    for (int i = 1; i < values.length; i++) {
      if (values[i] > values[best]) {
        best = i;
      }
    }
    return best;
  }
}
