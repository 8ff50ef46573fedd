package io.github.drprune.model;

import io.github.drprune.libtorch.LibTorch;
import io.github.drprune.libtorch.Precision;
import io.github.drprune.nn.Kernels;
import java.util.Optional;
import org.bytedeco.pytorch.Device;

/**
 * How a model is to be held.
 *
 * @param trainable whether weights are float32 leaves that gather gradients; otherwise they are
 *     kept in the compute type alone
 * @param holdsBlocks whether the blocks' matrices are there; otherwise the model is given them
 *     before it computes
 */
public record ModelOptions(
    Device device, Precision precision, boolean trainable, Kernels kernels, boolean holdsBlocks) {
  /** For a model that holds all of its weights. */
  public ModelOptions(Device device, Precision precision, boolean trainable, Kernels kernels) {
    this(device, precision, trainable, kernels, true);
  }

  /** To read a model on the best device there is, in the fastest precision it has. */
  public static ModelOptions inference() {
    return inference(LibTorch.device("auto"), Optional.empty());
  }

  /**
   * To read a model on {@code device}.
   *
   * @param precision empty for the fastest that the device has
   */
  public static ModelOptions inference(Device device, Optional<Precision> precision) {
    var type = precision.orElseGet(() -> Precision.fastestOn(device));
    return new ModelOptions(device, type, false, Kernels.select(device, type));
  }

  /** The same for a model that is not trained. */
  public ModelOptions frozen() {
    return new ModelOptions(device, precision, false, kernels);
  }

  /** The same for a model that is given its blocks' matrices. */
  public ModelOptions withoutBlocks() {
    return new ModelOptions(device, precision, trainable, kernels, false);
  }

  /** Bytes that a weight takes, without what trains it. */
  public int bytesPerWeight() {
    return trainable ? Float.BYTES : precision.bytes();
  }
}
