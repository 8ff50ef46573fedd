package io.github.drprune.optim;

import static org.bytedeco.pytorch.global.torch.zeros_like;

import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.optim.AdamWKernel.GroupTensors;
import io.github.drprune.optim.AdamWKernel.Settings;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import org.bytedeco.pytorch.Tensor;

/**
 * AdamW (arXiv 1711.05101) over groups of parameters, whose gradients it owns. Every step updates
 * every group.
 */
public final class AdamW implements AutoCloseable {
  /** Decays of the moments, and what is added to the root of the second. */
  public record Hyper(double beta1, double beta2, double epsilon) {
    public Hyper {
      if (!(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1 && epsilon > 0)) {
        throw new IllegalArgumentException(
            "AdamW with betas %s, %s and epsilon %s".formatted(beta1, beta2, epsilon));
      }
    }
  }

  private record Moments(ParameterGroup group, Gradients gradients, GroupTensors tensors) {}

  private final List<Moments> groups = new ArrayList<>();
  private final Hyper hyper;
  private final AdamWKernel kernel;
  private long steps;

  public AdamW(List<ParameterGroup> groups, Hyper hyper, AdamWKernel kernel) {
    this.hyper = hyper;
    this.kernel = kernel;
    groups.forEach(group -> this.groups.add(moments(group)));
  }

  private static Moments moments(ParameterGroup group) {
    var parameters = List.copyOf(group.parameters().values());
    var gradients = new Gradients(parameters);
    try (var _ = NativeScope.open();
        var _ = NoGrad.open()) {
      return new Moments(
          group,
          gradients,
          new GroupTensors(
              parameters, gradients.views(), zerosLike(parameters), zerosLike(parameters)));
    }
  }

  private static List<Tensor> zerosLike(List<Tensor> tensors) {
    return tensors.stream().map(tensor -> NativeScope.keep(zeros_like(tensor.detach()))).toList();
  }

  public void zeroGrad() {
    groups.forEach(group -> group.gradients().zero());
  }

  /**
   * Scales all gradients together so that their norm is at most {@code limit}.
   *
   * @return the norm before; where it is not finite nothing was scaled
   */
  public double clip(double limit) {
    double squares = 0;
    for (Moments group : groups) {
      double norm = group.gradients().norm();
      squares += norm * norm;
    }
    double norm = Math.sqrt(squares);
    if (norm > limit && Double.isFinite(norm)) {
      groups.forEach(group -> group.gradients().scale(limit / norm));
    }
    return norm;
  }

  /** Updates all parameters with {@code factor} times their groups' peak learning rates. */
  public void step(double factor) {
    steps++;
    try (var _ = NoGrad.open()) {
      for (Moments moments : groups) {
        ParameterGroup group = moments.group();
        kernel.update(
            moments.tensors(),
            new Settings(
                steps,
                factor * group.peakRate(),
                hyper.beta1(),
                hyper.beta2(),
                group.weightDecay(),
                hyper.epsilon(),
                group.ascends()));
      }
    }
  }

  /** Updates done. */
  public long steps() {
    return steps;
  }

  /**
   * Sets the number of updates done, along with {@link #state()}'s tensors, to go on from there.
   */
  public void restoreSteps(long steps) {
    this.steps = steps;
  }

  /**
   * Both moments of every parameter, named {@code group/parameter/mean} and {@code .../square}:
   * what a checkpoint holds and writes back into.
   */
  public SequencedMap<String, Tensor> state() {
    SequencedMap<String, Tensor> state = new LinkedHashMap<>();
    for (Moments moments : groups) {
      int i = 0;
      for (String name : moments.group().parameters().keySet()) {
        String prefix = moments.group().name() + "/" + name;
        state.put(prefix + "/mean", moments.tensors().means().get(i));
        state.put(prefix + "/square", moments.tensors().squares().get(i));
        i++;
      }
    }
    return state;
  }

  @Override
  public void close() {
    for (Moments moments : groups) {
      moments.gradients().close();
      moments.tensors().means().forEach(Tensor::close);
      moments.tensors().squares().forEach(Tensor::close);
    }
  }
}
