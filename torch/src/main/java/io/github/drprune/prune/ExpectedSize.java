package io.github.drprune.prune;

import io.github.drprune.libtorch.Ops;
import io.github.drprune.model.Axis.Unit;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * How many parameters of the blocks' matrices are expected to stay. Masks being independent, the
 * expected size of a matrix is the product of the expected shares of its rows, columns and layer.
 *
 * @param perHeads parameters of a layer that shrink with its heads
 * @param perGroups parameters of a layer's attention that no head mask removes
 * @param mlp parameters of a layer's MLP
 */
record ExpectedSize(MaskLayout layout, long perHeads, long perGroups, long mlp) {

  static ExpectedSize of(MaskLayout layout) {
    long query = layout.perLayer(Unit.QUERY_HEAD);
    long keyValue = layout.perLayer(Unit.KEY_VALUE_HEAD);
    long mlp = layout.perLayer(Unit.INTERMEDIATE);
    return switch (layout.policy()) {
      case KV_GROUP -> new ExpectedSize(layout, query + keyValue, 0, mlp);
      case QUERY_IN_GROUP -> new ExpectedSize(layout, query, keyValue, mlp);
    };
  }

  /** Parameters of all blocks' matrices. */
  long all() {
    return layout.config().layers() * (perHeads + perGroups + mlp);
  }

  /**
   * The expected sparsity over all of them, a differentiable scalar.
   *
   * @param drop the probability of dropping each unit, [rows, units] of each module
   */
  Tensor sparsity(Map<MaskModule, Tensor> drop) {
    Tensor layer = kept(drop, MaskModule.LAYER);
    Tensor heads = kept(drop, MaskModule.HEAD).mul(kept(drop, MaskModule.HEAD_LAYER));
    Tensor units = kept(drop, MaskModule.INTERMEDIATE).mul(kept(drop, MaskModule.MLP));
    Tensor groups = kept(drop, MaskModule.HEAD_LAYER);
    Tensor perLayer =
        Ops.mul(heads, perHeads).add(Ops.mul(groups, perGroups)).add(Ops.mul(units, mlp));
    Tensor expected = perLayer.mul(layer).sum();
    if (drop.containsKey(MaskModule.HIDDEN)) {
      expected = expected.mul(oneMinus(drop.get(MaskModule.HIDDEN).mean()));
    }
    return oneMinus(Ops.mul(expected, 1.0 / all()));
  }

  /** The expected share that stays of each layer's units, or of the layer itself, [layers]. */
  private Tensor kept(Map<MaskModule, Tensor> drop, MaskModule module) {
    int layers = layout.config().layers();
    Tensor probability = drop.get(module);
    if (probability == null) {
      return torch.ones(new long[] {layers}, drop.values().iterator().next().options());
    }
    return oneMinus(Ops.meanKeeping(probability.reshape(layers, -1), -1).squeeze(-1));
  }

  private static Tensor oneMinus(Tensor x) {
    return Ops.add(x.neg(), 1);
  }
}
