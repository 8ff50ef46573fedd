package io.github.drprune.prune;

import io.github.drprune.distributed.ProcessGroup;
import io.github.drprune.libtorch.Ops;
import io.github.drprune.libtorch.RandomState;
import io.github.drprune.nn.ModelMasks;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The masks of one training step as leaves of their own: any number of passes, in any order, gather
 * gradients on them, and one backward pass then takes those on to the log alphas. Lives in the
 * scope it was drawn in.
 */
public final class MaskDraw {
  private final List<Tensor> samples = new ArrayList<>(); // differentiable in the log alphas
  private final List<Tensor> leaves = new ArrayList<>();
  private final ModelMasks masks;

  private MaskDraw(MaskLayout layout, Map<MaskModule, Tensor> logAlphas, RandomState random) {
    Map<MaskModule, Tensor> values = new EnumMap<>(MaskModule.class);
    for (MaskModule module : layout.modules()) {
      Tensor sample = sample(module, logAlphas.get(module), random);
      Tensor leaf = sample.detach().set_requires_grad(true);
      samples.add(sample);
      leaves.add(leaf);
      values.put(module, leaf);
    }
    masks = MaskTensors.of(layout, values);
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
    return new MaskDraw(set.layout(), set.logAlphas(), random);
  }

  /** Draws the masks of {@code step} under {@code constraint}. */
  public static MaskDraw of(MaskSet set, MaskConstraint constraint, long step, RandomState random) {
    return new MaskDraw(set.layout(), constraint.logAlphas(step), random);
  }

  public ModelMasks masks() {
    return masks;
  }

  /** Adds to the log alphas' gradients what the passes left here and what {@code penalty} adds. */
  public void backward(Optional<Tensor> penalty) {
    backward(penalty, ProcessGroup.SINGLE);
  }

  /** As {@link #backward(Optional)} with what the passes of all {@code processes} left. */
  public void backward(Optional<Tensor> penalty, ProcessGroup processes) {
    if (processes.isShared()) {
      leaves.forEach(leaf -> sumGradient(leaf, processes));
    }
    List<Tensor> terms = new ArrayList<>();
    penalty.ifPresent(terms::add);
    for (int i = 0; i < samples.size(); i++) {
      Tensor gradient = leaves.get(i).grad();
      if (gradient.defined()) {
        terms.add(samples.get(i).mul(gradient.detach()).sum());
      }
    }
    terms.stream().reduce(Tensor::add).ifPresent(Tensor::backward);
  }

  /** A process without any token that counts has no gradient and must still take part. */
  private static void sumGradient(Tensor leaf, ProcessGroup processes) {
    Tensor gradient = leaf.grad();
    Tensor sum =
        gradient.defined()
            ? Ops.contiguous(gradient.detach(), ScalarType.Float)
            : Ops.zeros(leaf, ScalarType.Float, leaf.shape());
    processes.sum(sum).await();
    leaf.mutable_grad().put(sum);
  }
}
