package io.github.drprune.libtorch;

import org.bytedeco.pytorch.AutoGradMode;

/** A block of this thread in which no operation is recorded for differentiation. */
public final class NoGrad implements AutoCloseable {
  private final AutoGradMode mode = NativeScope.keep(new AutoGradMode(false));

  private NoGrad() {}

  public static NoGrad open() {
    return new NoGrad();
  }

  @Override
  public void close() {
    mode.close();
  }
}
