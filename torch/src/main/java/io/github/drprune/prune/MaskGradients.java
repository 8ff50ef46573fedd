package io.github.drprune.prune;

import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.model.CausalLm;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.nn.BlockMasks;
import io.github.drprune.nn.HalfMasks;
import io.github.drprune.nn.ModelMasks;
import io.github.drprune.nn.Weight;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Scores heads, MLP units and layers by how much the loss would feel a mask on them: the gradient
 * of the loss with respect to a mask of one, squared and summed over sequences (the diagonal of the
 * empirical Fisher matrix; Kwon et al. 2022, arXiv 2204.09656, section 4.1).
 */
final class MaskGradients {
  private final CausalLm model;
  private final double[][] heads;
  private final double[][] intermediate;
  private final double[] layers;

  private MaskGradients(CausalLm model) {
    this.model = model;
    ModelSpec spec = model.spec();
    heads = new double[spec.layers()][spec.heads()];
    intermediate = new double[spec.layers()][spec.intermediateSize()];
    layers = new double[spec.layers()];
  }

  /**
   * The scores, those of hidden units as given.
   *
   * @param batches tokens, int64 [B, T]
   * @param piece is run after each sequence
   */
  static UnitScores of(CausalLm model, List<Tensor> batches, double[] hidden, Runnable piece) {
    var gradients = new MaskGradients(model);
    List<Tensor> learned =
        model.weights().values().stream()
            .map(Weight::tensor)
            .filter(Tensor::requires_grad)
            .toList();
    learned.forEach(tensor -> tensor.set_requires_grad(false)); // only the masks' are wanted
    try {
      for (Tensor batch : batches) {
        for (long row = 0; row < batch.size(0); row++) {
          try (var _ = NativeScope.open()) {
            gradients.add(batch.narrow(0, row, 1));
          }
          piece.run();
        }
      }
    } finally {
      learned.forEach(tensor -> tensor.set_requires_grad(true));
    }
    return new UnitScores(hidden, gradients.heads, gradients.intermediate, gradients.layers);
  }

  private void add(Tensor sequence) {
    List<Tensor> ofHeads = new ArrayList<>();
    List<Tensor> ofUnits = new ArrayList<>();
    List<Tensor> ofLayers = new ArrayList<>();
    List<BlockMasks> blocks = new ArrayList<>();
    for (int layer = 0; layer < layers.length; layer++) {
      ofHeads.add(mask(heads[layer].length));
      ofUnits.add(mask(intermediate[layer].length));
      ofLayers.add(mask(1));
      Tensor whole = ofLayers.getLast().squeeze();
      blocks.add(
          new BlockMasks(
              new HalfMasks(null, ofHeads.getLast(), whole),
              new HalfMasks(null, ofUnits.getLast(), whole)));
    }
    model.loss(sequence, new ModelMasks(null, blocks)).mean().backward();
    for (int layer = 0; layer < layers.length; layer++) {
      addSquares(heads[layer], ofHeads.get(layer));
      addSquares(intermediate[layer], ofUnits.get(layer));
      double slope = ofLayers.get(layer).grad().item_double();
      layers[layer] += slope * slope;
    }
  }

  private Tensor mask(long units) {
    var options = Tensors.options(ScalarType.Float, model.device());
    return torch.ones(new long[] {units}, options).set_requires_grad(true);
  }

  private static void addSquares(double[] sums, Tensor mask) {
    double[] slopes = Tensors.doubles(mask.grad());
    for (int unit = 0; unit < sums.length; unit++) {
      sums[unit] += slopes[unit] * slopes[unit];
    }
  }
}
