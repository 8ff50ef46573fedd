package io.github.drprune.optim;

import io.github.drprune.distributed.GlobalTensor;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.optim.AdamWKernel.Settings;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

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

  private final List<GroupState> groups;
  private final Hyper hyper;
  private final AdamWKernel kernel;
  private long steps;

  /** Of one process, which updates all {@code groups} as a whole. */
  public AdamW(List<ParameterGroup> groups, Hyper hyper, AdamWKernel kernel) {
    this(hyper, kernel, groups.stream().<GroupState>map(WholeGroup::new).toList());
  }

  /**
   * @param groups which it owns
   */
  public AdamW(Hyper hyper, AdamWKernel kernel, List<GroupState> groups) {
    this.hyper = hyper;
    this.kernel = kernel;
    this.groups = List.copyOf(groups);
  }

  public void zeroGrad() {
    groups.forEach(GroupState::zeroGrad);
  }

  /** The backward pass that follows is the last before {@link #startSums}. */
  public void expectLastPass() {
    groups.forEach(GroupState::expectLastPass);
  }

  /** Starts to make the gradients those of all processes together. */
  public void startSums() {
    groups.forEach(GroupState::startSums);
  }

  /** Returns when the gradients are those of all processes together. */
  public void awaitSums() {
    groups.forEach(GroupState::awaitSums);
  }

  /**
   * Scales all gradients together so that their norm is at most {@code limit}.
   *
   * @return the norm before; where it is not finite nothing was scaled
   */
  public double clip(double limit) {
    double squares = 0;
    for (GroupState group : groups) {
      squares += group.squaredNorm();
    }
    double norm = Math.sqrt(squares);
    if (norm > limit && Double.isFinite(norm)) {
      groups.forEach(group -> group.scaleGradients(limit / norm));
    }
    return norm;
  }

  /** Updates all parameters with {@code factor} times their groups' peak learning rates. */
  public void step(double factor) {
    steps++;
    try (var _ = NoGrad.open()) {
      for (GroupState state : groups) {
        ParameterGroup group = state.group();
        kernel.update(
            state.tensors(),
            new Settings(
                steps,
                factor * group.peakRate(),
                hyper.beta1(),
                hyper.beta2(),
                group.weightDecay(),
                hyper.epsilon(),
                group.ascends()));
        state.shareUpdate();
      }
    }
  }

  /** Makes the first process hold all parameters as a whole; no step may follow. */
  public void assemble() {
    groups.forEach(GroupState::assemble);
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
  public SequencedMap<String, GlobalTensor> state() {
    SequencedMap<String, GlobalTensor> state = new LinkedHashMap<>();
    for (GroupState group : groups) {
      group
          .moments()
          .forEach((name, moment) -> state.put(group.group().name() + "/" + name, moment));
    }
    return state;
  }

  @Override
  public void close() {
    groups.forEach(GroupState::close);
  }
}
