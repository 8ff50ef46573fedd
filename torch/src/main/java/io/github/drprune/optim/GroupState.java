package io.github.drprune.optim;

import io.github.drprune.distributed.GlobalTensor;
import io.github.drprune.optim.AdamWKernel.GroupTensors;
import java.util.SequencedMap;

/**
 * What an optimizer keeps of a group of parameters in this process: gradients, and the moments of
 * those that the process updates. The operations are called by all processes of a run alike.
 */
public interface GroupState extends AutoCloseable {
  ParameterGroup group();

  void zeroGrad();

  /** The backward pass that follows completes the gradients: sums may start on its way. */
  void expectLastPass();

  /** Starts to make the gradients those of all processes together. */
  void startSums();

  /** Returns when the gradients are those of all processes together. */
  void awaitSums();

  /** Square of the Euclidean norm of the gradients of the whole group. */
  double squaredNorm();

  void scaleGradients(double factor);

  /** What this process updates. */
  GroupTensors tensors();

  /** Gives every process what the others updated. */
  void shareUpdate();

  /** The parameters, by their names in the group. */
  default SequencedMap<String, GlobalTensor> parameters() {
    return GlobalTensor.of(group().parameters());
  }

  /** Both moments of each parameter, named {@code parameter/mean} and {@code .../square}. */
  SequencedMap<String, GlobalTensor> moments();

  /** Makes the first process hold all parameters as a whole; no update may follow. */
  default void assemble() {}

  @Override
  void close();
}
