package io.github.drprune.prune;

import io.github.drprune.error.UserException;
import java.util.ArrayList;
import java.util.List;

/**
 * Where a layer of the cut model has its two halves from.
 *
 * @param attention the source layer of its attention half
 * @param mlp the source layer of its MLP half
 */
public record LayerPair(int attention, int mlp) {

  /** The layers that keep both halves. */
  public static List<LayerPair> whole(int[] layers) {
    List<LayerPair> pairs = new ArrayList<>();
    for (int layer : layers) {
      pairs.add(new LayerPair(layer, layer));
    }
    return pairs;
  }

  /**
   * Layers made of halves in the order in which the source applies them.
   *
   * @param parallel whether both halves of a layer read the same input, so must come from one layer
   * @throws UserException where two halves of a kind follow each other
   */
  public static List<LayerPair> halves(int[] attention, int[] mlp, boolean parallel) {
    if (attention.length != mlp.length) {
      throw new UserException(
          "masks: %d attention halves and %d MLP halves stay; a cut needs equally many"
              .formatted(attention.length, mlp.length));
    }
    List<LayerPair> pairs = new ArrayList<>();
    for (int i = 0; i < attention.length; i++) {
      boolean last = i == attention.length - 1;
      boolean alternate = attention[i] <= mlp[i] && (last || mlp[i] < attention[i + 1]);
      if (!alternate || parallel && attention[i] != mlp[i]) {
        throw new UserException(
            "masks: attention half %d and MLP half %d cannot form layer %d of a uniform model"
                .formatted(attention[i], mlp[i], i));
      }
      pairs.add(new LayerPair(attention[i], mlp[i]));
    }
    return pairs;
  }

  /**
   * The {@code count} pairs of halves with the largest sum of scores that {@link #halves} accepts,
   * by dynamic programming over the halves in their order.
   */
  public static List<LayerPair> best(float[] attention, float[] mlp, int count, boolean parallel) {
    int layers = attention.length;
    // value[n][i]: the best sum of n pairs within layers i and after.
    double[][] value = new double[count + 1][layers + 1];
    LayerPair[][] first = new LayerPair[count + 1][layers + 1];
    for (int n = 1; n <= count; n++) {
      value[n][layers] = Double.NEGATIVE_INFINITY;
      for (int i = layers - 1; i >= 0; i--) {
        value[n][i] = value[n][i + 1];
        first[n][i] = first[n][i + 1];
        int lastMlp = parallel ? i : layers - 1;
        for (int j = i; j <= lastMlp; j++) {
          double sum = attention[i] + mlp[j] + value[n - 1][j + 1];
          if (sum > value[n][i]) {
            value[n][i] = sum;
            first[n][i] = new LayerPair(i, j);
          }
        }
      }
    }
    List<LayerPair> pairs = new ArrayList<>();
    for (int n = count, from = 0; n > 0; n--) {
      LayerPair pair = first[n][from];
      pairs.add(pair);
      from = pair.mlp() + 1;
    }
    return pairs;
  }
}
