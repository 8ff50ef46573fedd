package io.github.drprune.prune;

import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.Ops;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.model.CausalLm;
import io.github.drprune.model.ModelShape;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.nn.BlockMasks;
import io.github.drprune.nn.ForwardHook;
import io.github.drprune.nn.KvCache.Past;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Scores units on sample text. A hidden unit by the mean size of what norms put out (Minitron,
 * arXiv 2407.14679, section 2.2); the others as {@link ScoredBy} says.
 */
public final class Importance {
  private final double[] hidden;
  private final List<Layer> layers = new ArrayList<>();

  private Importance(ModelSpec spec) {
    hidden = new double[spec.hiddenSize()];
    for (int layer = 0; layer < spec.layers(); layer++) {
      layers.add(new Layer(spec));
    }
  }

  /**
   * Scores a model.
   *
   * @param batches calibration tokens, int64 [B, T]; at least one
   * @param piece is run after each piece of the work
   */
  public static UnitScores of(CausalLm model, List<Tensor> batches, ScoredBy by, Runnable piece) {
    UnitScores activations = byActivations(model, batches, piece);
    return by == ScoredBy.ACTIVATIONS
        ? activations
        : MaskGradients.of(model, batches, activations.hidden(), piece);
  }

  private static UnitScores byActivations(CausalLm model, List<Tensor> batches, Runnable piece) {
    if (batches.isEmpty()) {
      throw new IllegalArgumentException("no calibration batch");
    }
    var importance = new Importance(model.spec());
    try (var _ = NoGrad.open()) {
      for (Tensor tokens : batches) {
        try (var _ = NativeScope.open()) {
          importance.add(model, tokens);
        }
        piece.run();
      }
    }
    return importance.scores();
  }

  /** The masks of a cut in one shot, of the modules in which the shapes differ. */
  public static MaskValues masks(
      CausalLm model, List<Tensor> batches, ModelShape target, GroupPolicy policy, ScoredBy by) {
    var layout = MaskLayout.of(model.spec(), MaskModule.between(model.spec(), target), policy);
    layout.targetConfig(target);
    return of(model, batches, by, () -> {}).masks(layout, target);
  }

  private void add(CausalLm model, Tensor tokens) {
    Tensor x = model.embed(tokens, null);
    for (int i = 0; i < layers.size(); i++) {
      Tensor y = model.blocks().get(i).forward(x, BlockMasks.NONE, Past.NONE, layers.get(i));
      layers.get(i).moved += distance(x, y);
      x = y;
    }
    addTo(hidden, sizes(model.normalise(x, null)));
  }

  /** Sums over all tokens: as only their order counts, nothing need be divided. */
  private UnitScores scores() {
    return new UnitScores(
        hidden,
        layers.stream().map(layer -> layer.heads).toArray(double[][]::new),
        layers.stream().map(layer -> layer.intermediate).toArray(double[][]::new),
        layers.stream().mapToDouble(layer -> layer.moved).toArray());
  }

  private final class Layer implements ForwardHook {
    private final double[] heads;
    private final double[] intermediate;
    private double moved;

    Layer(ModelSpec spec) {
      heads = new double[spec.heads()];
      intermediate = new double[spec.intermediateSize()];
    }

    @Override
    public void normalised(Tensor x) {
      addTo(hidden, sizes(x));
    }

    @Override
    public void context(Tensor x) {
      Tensor perHead = x.to(ScalarType.Float).reshape(-1, heads.length, x.size(-1) / heads.length);
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
