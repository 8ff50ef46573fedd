package io.github.drprune.prune;

import io.github.drprune.libtorch.Ops;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * The sparsity over all parameters of the blocks' matrices that masks are expected to reach. Masks
 * being independent, the expected size of a matrix is the product of the expected shares of its
 * rows, columns and layer.
 */
record ExpectedSparsity(PrunableParameters parameters) {
  /**
   * A differentiable scalar.
   *
   * @param drop the probability of dropping each unit, [rows, units] of each module
   */
  Tensor of(Map<MaskModule, Tensor> drop) {
    Tensor layer = kept(drop, MaskModule.LAYER);
    Tensor heads = kept(drop, MaskModule.HEAD).mul(kept(drop, MaskModule.HEAD_LAYER));
    Tensor units = kept(drop, MaskModule.INTERMEDIATE).mul(kept(drop, MaskModule.MLP));
    Tensor groups = kept(drop, MaskModule.HEAD_LAYER);
    Tensor perLayer =
        Ops.mul(heads, parameters.perHeads())
            .add(Ops.mul(groups, parameters.perGroups()))
            .add(Ops.mul(units, parameters.mlp()));
    Tensor expected = perLayer.mul(layer).sum();
    if (drop.containsKey(MaskModule.HIDDEN)) {
      expected = expected.mul(oneMinus(drop.get(MaskModule.HIDDEN).mean()));
    }
    return oneMinus(Ops.mul(expected, 1.0 / parameters.all()));
  }

  /** The expected share that stays of each layer's units, or of the layer itself, [layers]. */
  private Tensor kept(Map<MaskModule, Tensor> drop, MaskModule module) {
    int layers = parameters.layout().config().layers();
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
