package io.github.drprune.libtorch;

import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.global.torch;

/**
 * A block of this thread in which the library chooses the type of each operation, as frameworks'
 * users have it: products and attention in a narrower type, what needs range in float32.
 */
public final class Autocast implements AutoCloseable {
  private final torch.DeviceType device;

  private Autocast(torch.DeviceType device) {
    this.device = device;
  }

  /** Computes float32 tensors of {@code device} in {@code precision}. */
  public static Autocast open(Device device, Precision precision) {
    var block = new Autocast(device.type());
    torch.set_autocast_dtype(block.device, precision.scalarType());
    // What the cache keeps of a weight would outlive the weight's next update.
    torch.set_autocast_cache_enabled(false);
    torch.set_autocast_enabled(block.device, precision == Precision.BF16);
    return block;
  }

  @Override
  public void close() {
    torch.set_autocast_enabled(device, false);
    torch.set_autocast_cache_enabled(true);
  }
}
