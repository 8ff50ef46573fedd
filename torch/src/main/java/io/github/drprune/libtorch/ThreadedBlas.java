package io.github.drprune.libtorch;

import org.bytedeco.openblas.global.openblas_nolapack;

/**
 * A block in which OpenBLAS, which multiplies float32 matrices on a CPU, uses as many threads as
 * the library. Outside it has one: called from within the library's own threads, as attention does,
 * its pool would fight theirs.
 */
public final class ThreadedBlas implements AutoCloseable {
  private ThreadedBlas() {
    openblas_nolapack.blas_set_num_threads(LibTorch.threads());
  }

  public static ThreadedBlas open() {
    return new ThreadedBlas();
  }

  @Override
  public void close() {
    openblas_nolapack.blas_set_num_threads(1);
  }
}
