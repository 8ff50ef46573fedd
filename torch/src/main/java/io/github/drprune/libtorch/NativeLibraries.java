package io.github.drprune.libtorch;

import io.github.drprune.error.UserException;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.openblas.global.openblas_nolapack;
import org.bytedeco.pytorch.Context;
import org.bytedeco.pytorch.global.torch;

/** Makes one line of a shared library that is missing, where its first use would be an error. */
final class NativeLibraries {
  private static final String[] CEILINGS = {
    "org.bytedeco.javacpp.maxBytes", "org.bytedeco.javacpp.maxPhysicalBytes"
  };

  static {
    removeCeilings();
  }

  /** Of the build for NVIDIA devices alone. */
  private static final String CUDA =
      "/org/bytedeco/pytorch/%s-gpu/libtorch_cuda.so".formatted(Loader.getPlatform());

  private static final String CUDA_NEEDS = "CUDA 13, cuDNN 9 and NCCL 2 (docs/cuda.md)";

  private NativeLibraries() {}

  /**
   * Takes away JavaCPP's ceilings on native memory, which follow the Java heap and would end a run
   * that is larger. It reads them once, when its first class is used.
   */
  static void removeCeilings() {
    for (String ceiling : CEILINGS) {
      if (System.getProperty(ceiling) == null) {
        System.setProperty(ceiling, "0");
      }
    }
  }

  /**
   * Loads LibTorch and oneDNN; to be called before their first use. OpenBLAS, which multiplies
   * float32 in the library's own operations, gets one thread: called from within the library's
   * threads, as attention does, its pool would fight theirs.
   */
  static void load() {
    try {
      Loader.load(torch.class);
      Loader.load(dnnl.class);
      openblas_nolapack.blas_set_num_threads(1);
    } catch (UnsatisfiedLinkError e) {
      String reason = e.getCause() == null ? e.getMessage() : e.getCause().getMessage();
      throw new UserException("LibTorch does not load: " + withoutPath(reason) + needs(reason), e);
    }
  }

  private static String needs(String reason) {
    if (reason.contains("failed to map segment") || reason.contains("allocate memory")) {
      return "; there is too little memory or address space for it (see 'ulimit -v')";
    }
    return areForCuda() ? "; this build needs " + CUDA_NEEDS : "";
  }

  /** Whether the build is for NVIDIA devices. */
  static boolean areForCuda() {
    return NativeLibraries.class.getResource(CUDA) != null;
  }

  /**
   * Checks that a build for NVIDIA devices has the libraries that it needs for them: JavaCPP would
   * go on with the CPU alone and say nothing.
   */
  @SuppressWarnings("restricted") // what JavaCPP tried to load before
  static void requireCudaIfBuiltForIt() {
    if (!areForCuda() || Context.hasCUDART()) {
      return;
    }
    try {
      System.load(Loader.cacheResource(NativeLibraries.class, CUDA).getPath());
      throw new IllegalStateException(CUDA + " loads only at the second try");
    } catch (UnsatisfiedLinkError e) {
      throw new UserException(
          "device: CUDA does not load: %s; install %s, name their folders in LD_LIBRARY_PATH, or use the device cpu"
              .formatted(withoutPath(e.getMessage()), CUDA_NEEDS));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The system's words begin with the library's long path in JavaCPP's cache. */
  private static String withoutPath(String message) {
    return message.replaceFirst("^/\\S*: (?=\\S)", "");
  }
}
