package io.github.drprune.model;

import java.util.Map;
import java.util.Optional;

/** The nonlinearities of the supported checkpoints. */
public enum Activation {
  SILU,
  /** With the error function, not its tanh approximation. */
  GELU,
  GELU_TANH,
  RELU;

  private static final Map<String, Activation> NAMES =
      Map.of(
          "silu", SILU,
          "swish", SILU,
          "gelu", GELU,
          "gelu_new", GELU_TANH,
          "gelu_fast", GELU_TANH,
          "gelu_pytorch_tanh", GELU_TANH,
          "relu", RELU);

  /** The activation that a checkpoint's configuration calls {@code name}. */
  public static Optional<Activation> named(String name) {
    return Optional.ofNullable(NAMES.get(name));
  }
}
