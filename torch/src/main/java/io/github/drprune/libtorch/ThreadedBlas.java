package io.github.drprune.libtorch;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas_nolapack;

/**
 * A block in which OpenBLAS, which multiplies float32 matrices on a CPU, uses as many threads as
 * the library. Outside it has one: called from within the library's own threads, as attention does,
 * its pool would fight theirs.
 */
public final class ThreadedBlas implements AutoCloseable {
  // The binding's own setter looks the function up anew in every library loaded, which takes longer
  // than a small product.
  private static final MethodHandle SET_THREADS = lookUp("openblas_set_num_threads");

  private ThreadedBlas() {
    useThreads(LibTorch.threads());
  }

  public static ThreadedBlas open() {
    return new ThreadedBlas();
  }

  @Override
  public void close() {
    useThreads(1);
  }

  static void useThreads(int threads) {
    try {
      SET_THREADS.invokeExact(threads);
    } catch (Throwable e) {
      throw new LinkageError("OpenBLAS takes no number of threads", e);
    }
  }

  @SuppressWarnings("restricted")
  private static MethodHandle lookUp(String function) {
    Loader.load(openblas_nolapack.class);
    var address = MemorySegment.ofAddress(Loader.addressof(function).address());
    var signature = FunctionDescriptor.ofVoid(ValueLayout.JAVA_INT);
    return Linker.nativeLinker().downcallHandle(address, signature);
  }
}
