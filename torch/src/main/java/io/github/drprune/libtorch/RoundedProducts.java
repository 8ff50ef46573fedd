package io.github.drprune.libtorch;

import org.bytedeco.pytorch.global.torch;

/**
 * A block in which products of float32 matrices may round their operands to bf16 where that is
 * faster, and add up in float32: results are not rounded, as those of bf16 tensors are. The library
 * then gives batches to oneDNN as a whole, where it gives OpenBLAS one matrix after the other. It
 * holds for the whole process.
 */
public final class RoundedProducts implements AutoCloseable {
  private RoundedProducts() {
    torch.globalContext().setFloat32MatmulPrecision("medium");
  }

  public static RoundedProducts open() {
    return new RoundedProducts();
  }

  @Override
  public void close() {
    torch.globalContext().setFloat32MatmulPrecision("highest");
  }
}
