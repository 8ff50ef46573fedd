package io.github.drprune.prune;

import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.Ops;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.model.CausalLm;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.nn.BlockMasks;
import io.github.drprune.nn.KvCache.Past;
import io.github.drprune.nn.Probe;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * How much each unit does, from activations on a calibration set (Minitron, arXiv 2407.14679,
 * section 2.2): for a hidden unit the mean size of what norms put out, for a head the mean norm of
 * what it gathers, for an MLP unit the mean size of the activated product, for a layer one minus
 * the cosine between its input and output. Larger is more important; only order within a kind has a
 * meaning.
 *
 * @param hidden [hidden]
 * @param heads [layers][query heads]
 * @param intermediate [layers][intermediate]
 * @param layers [layers]
 */
public record Importance(
    double[] hidden, double[][] heads, double[][] intermediate, double[] layers) {

  /**
   * Scores a model.
   *
   * @param batches calibration tokens, int64 [B, T]; at least one
   */
  public static Importance of(CausalLm model, Iterator<Tensor> batches) {
    if (!batches.hasNext()) {
      throw new IllegalArgumentException("no calibration batch");
    }
    var sums = new Sums(model.spec());
    try (var _ = NoGrad.open()) {
      while (batches.hasNext()) {
        try (var _ = NativeScope.open()) {
          sums.add(model, batches.next());
        }
      }
    }
    return sums.scores();
  }

  /** The masks, all 0 or 1, of a one-shot cut: in each row the units with the largest scores. */
  public MaskValues masks(MaskLayout layout, TargetShape target) {
    ModelSpec cut = layout.targetConfig(target);
    Map<MaskModule, float[][]> values = new EnumMap<>(MaskModule.class);
    for (MaskModule module : layout.modules()) {
      int kept = layout.kept(module, cut);
      values.put(
          module,
          Arrays.stream(rows(layout, module))
              .map(scores -> largest(scores, kept))
              .toArray(float[][]::new));
    }
    return new MaskValues(layout, values);
  }

  /** As {@link #masks(MaskLayout, TargetShape)} for the modules in which the shapes differ. */
  public static MaskValues masks(
      CausalLm model, Iterator<Tensor> batches, TargetShape target, GroupPolicy policy) {
    var layout = MaskLayout.of(model.spec(), MaskModule.between(model.spec(), target), policy);
    layout.targetConfig(target);
    return of(model, batches).masks(layout, target);
  }

  /** The scores of a module's units, [rows][units]; halves of a layer have the layer's. */
  double[][] rows(MaskLayout layout, MaskModule module) {
    ModelSpec config = layout.config();
    return switch (module) {
      case HIDDEN -> new double[][] {hidden};
      case INTERMEDIATE -> intermediate;
      case LAYER, HEAD_LAYER, MLP -> new double[][] {layers};
      case HEAD -> {
        int size = config.groupSize();
        yield switch (layout.policy()) {
          case KV_GROUP ->
              Arrays.stream(heads)
                  .map(row -> groups(row, size))
                  .map(
                      groups ->
                          Arrays.stream(groups)
                              .mapToDouble(group -> Arrays.stream(group).sum())
                              .toArray())
                  .toArray(double[][]::new);
          case QUERY_IN_GROUP ->
              Arrays.stream(heads)
                  .flatMap(row -> Arrays.stream(groups(row, size)))
                  .toArray(double[][]::new);
        };
      }
    };
  }

  /** Positions of the units from the least (0) to the most important, of equals the later first. */
  static int[] ranks(double[] scores) {
    int[] order =
        IntStream.range(0, scores.length)
            .boxed()
            .sorted((i, j) -> scores[i] == scores[j] ? j - i : Double.compare(scores[i], scores[j]))
            .mapToInt(Integer::intValue)
            .toArray();
    int[] ranks = new int[scores.length];
    for (int rank = 0; rank < order.length; rank++) {
      ranks[order[rank]] = rank;
    }
    return ranks;
  }

  private static float[] largest(double[] scores, int kept) {
    int[] ranks = ranks(scores);
    float[] mask = new float[scores.length];
    for (int unit = 0; unit < mask.length; unit++) {
      mask[unit] = ranks[unit] >= mask.length - kept ? 1 : 0;
    }
    return mask;
  }

  private static double[][] groups(double[] heads, int size) {
    return IntStream.range(0, heads.length / size)
        .mapToObj(group -> Arrays.copyOfRange(heads, group * size, (group + 1) * size))
        .toArray(double[][]::new);
  }

  /** Sums over tokens of all batches; the scores are their order, so nothing need be divided. */
  private static final class Sums {
    private final double[] hidden;
    private final List<Layer> layers = new ArrayList<>();

    Sums(ModelSpec config) {
      hidden = new double[config.hiddenSize()];
      for (int layer = 0; layer < config.layers(); layer++) {
        layers.add(new Layer(config));
      }
    }

    void add(CausalLm model, Tensor tokens) {
      Tensor x = model.embed(tokens, null);
      for (int i = 0; i < layers.size(); i++) {
        Tensor y = model.blocks().get(i).forward(x, BlockMasks.NONE, Past.NONE, layers.get(i));
        layers.get(i).moved += distance(x, y);
        x = y;
      }
      addTo(hidden, sizes(model.normalise(x, null)));
    }

    Importance scores() {
      return new Importance(
          hidden,
          layers.stream().map(layer -> layer.heads).toArray(double[][]::new),
          layers.stream().map(layer -> layer.intermediate).toArray(double[][]::new),
          layers.stream().mapToDouble(layer -> layer.moved).toArray());
    }

    private final class Layer implements Probe {
      private final double[] heads;
      private final double[] intermediate;
      private double moved;

      Layer(ModelSpec config) {
        heads = new double[config.heads()];
        intermediate = new double[config.intermediateSize()];
      }

      @Override
      public void normalised(Tensor x) {
        addTo(hidden, sizes(x));
      }

      @Override
      public void context(Tensor x) {
        Tensor perHead =
            x.to(ScalarType.Float).reshape(-1, heads.length, x.size(-1) / heads.length);
        addTo(heads, Ops.sum(Ops.sum(perHead.square(), -1).sqrt(), 0));
      }

      @Override
      public void intermediate(Tensor x) {
        addTo(intermediate, sizes(x));
      }
    }

    /** Sums of absolute values over all but the last dimension. */
    private static Tensor sizes(Tensor x) {
      return Ops.sum(x.to(ScalarType.Float).abs().reshape(-1, x.size(-1)), 0);
    }

    private static double distance(Tensor x, Tensor y) {
      Tensor cosine =
          torch.cosine_similarity(x.to(ScalarType.Float), y.to(ScalarType.Float), -1, 1e-8);
      return cosine.numel() - cosine.sum().item_double();
    }

    private static void addTo(double[] sums, Tensor values) {
      double[] added = Tensors.doubles(values);
      for (int i = 0; i < sums.length; i++) {
        sums[i] += added[i];
      }
    }
  }
}
