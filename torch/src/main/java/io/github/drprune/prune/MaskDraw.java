package io.github.drprune.prune;

import io.github.drprune.libtorch.RandomState;
import io.github.drprune.nn.ModelMasks;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;

/**
 * The masks of one training step as leaves of their own: any number of passes, in any order, gather
 * gradients on them, and one backward pass then takes those on to the log alphas. Lives in the
 * scope it was drawn in.
 */
public final class MaskDraw {
  private final List<Tensor> samples = new ArrayList<>(); // differentiable in the log alphas
  private final List<Tensor> leaves = new ArrayList<>();
  private final ModelMasks masks;

  private MaskDraw(MaskSet set, RandomState random) {
    Map<MaskModule, Tensor> values = new EnumMap<>(MaskModule.class);
    for (MaskModule module : set.layout().modules()) {
      Tensor logAlpha = set.logAlpha(module);
      Tensor sample = sample(module, logAlpha, random);
      Tensor leaf = sample.detach().set_requires_grad(true);
      samples.add(sample);
      leaves.add(leaf);
      values.put(module, leaf);
    }
    masks = MaskTensors.of(set.layout(), values);
  }

  /** A model without any hidden unit computes nothing: such a draw is made again. */
  private static Tensor sample(MaskModule module, Tensor logAlpha, RandomState random) {
    Tensor sample;
    do {
      sample = HardConcrete.sample(logAlpha, HardConcrete.noise(random, logAlpha.shape()));
    } while (module == MaskModule.HIDDEN && sample.detach().count_nonzero().item_long() == 0);
    return sample;
  }

  /** Draws masks; the same random state gives the same ones. */
  public static MaskDraw of(MaskSet set, RandomState random) {
    return new MaskDraw(set, random);
  }

  public ModelMasks masks() {
    return masks;
  }

  /** Adds to the log alphas' gradients what the passes left here and what {@code penalty} adds. */
  public void backward(Tensor penalty) {
    Tensor total = penalty;
    for (int i = 0; i < samples.size(); i++) {
      Tensor gradient = leaves.get(i).grad();
      if (gradient.defined()) {
        total = total.add(samples.get(i).mul(gradient.detach()).sum());
      }
    }
    total.backward();
  }
}
