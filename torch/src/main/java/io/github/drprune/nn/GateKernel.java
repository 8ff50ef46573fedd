package io.github.drprune.nn;

import io.github.drprune.model.Activation;
import org.bytedeco.pytorch.Tensor;

/** The product in a gated MLP. */
@FunctionalInterface
public interface GateKernel {
  /** Two operations of the library, each keeping its input: the oracle of the other. */
  GateKernel REFERENCE = (gate, up, activation) -> Activations.apply(activation, gate).mul(up);

  /** {@code activation(gate) * up}, all of one shape. */
  Tensor apply(Tensor gate, Tensor up, Activation activation);
}
