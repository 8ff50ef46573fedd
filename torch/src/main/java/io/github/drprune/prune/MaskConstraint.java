package io.github.drprune.prune;

import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import org.bytedeco.pytorch.Tensor;

/** What holds masks to the sparsity that is asked for at each step. */
public interface MaskConstraint extends AutoCloseable {
  /** What is asked for. */
  ScheduledSparsity wanted();

  /** Leaves to be learned along with the masks, by ascent; none where nothing is learned. */
  SequencedMap<String, Tensor> multipliers();

  /**
   * What masks are drawn from at {@code step}, [rows, units] of each module: differentiable in the
   * masks' leaves, which stay as they are. In the caller's scope.
   */
  Map<MaskModule, Tensor> logAlphas(long step);

  /** A term to add to the step's loss, a differentiable scalar in the caller's scope. */
  Optional<Tensor> penalty(long step);

  /** Puts the masks' leaves back where they belong after the optimizer's {@code step}. */
  void after(long step);

  @Override
  void close();
}
