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
      Tensor sample = HardConcrete.sample(logAlpha, HardConcrete.noise(random, logAlpha.shape()));
      Tensor leaf = sample.detach().set_requires_grad(true);
      samples.add(sample);
      leaves.add(leaf);
      values.put(module, leaf);
    }
    masks = set.layout().assemble(values);
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
