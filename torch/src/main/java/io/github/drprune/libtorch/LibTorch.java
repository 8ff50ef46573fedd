package io.github.drprune.libtorch;

import static org.bytedeco.pytorch.global.torch.cuda_device_count;
import static org.bytedeco.pytorch.global.torch.cuda_is_available;
import static org.bytedeco.pytorch.global.torch.cuda_synchronize;
import static org.bytedeco.pytorch.global.torch.get_cpu_capability;
import static org.bytedeco.pytorch.global.torch.get_num_threads;
import static org.bytedeco.pytorch.global.torch.set_num_threads;

import io.github.drprune.error.UserException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.regex.Pattern;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.pytorch.Device;

/** The library's process-wide settings: threads, determinism and devices. */
public final class LibTorch {
  private static final Pattern DEVICE = Pattern.compile("auto|cpu|cuda(:(\\d{1,3}))?");

  private LibTorch() {}

  /**
   * Sets the number of threads that one operation may use; to be called before the first tensor.
   * Without it each core has one.
   */
  public static void useThreads(int threads) {
    if (threads < 1) {
      throw UserException.at("threads", "must be at least 1, not " + threads);
    }
    NativeLibraries.load();
    set_num_threads(threads);
  }

  public static int threads() {
    return get_num_threads();
  }

  /** The version of LibTorch and of its binding, such as 2.10.0-1.5.13. */
  public static String version() {
    try {
      return Loader.getVersion("org.bytedeco", "pytorch");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The instructions that LibTorch's operations use on this machine and how bf16 is multiplied,
   * such as "AVX512, bf16 by vectors", and the NVIDIA devices that it sees.
   *
   * @throws UserException where LibTorch does not load
   */
  public static String kernels() {
    NativeLibraries.load();
    String bf16 =
        switch (Bf16.ofProcessor()) {
          case EMULATED -> "emulated";
          case VECTORS -> "by vectors";
          case TILES -> "by tiles";
        };
    return "%s, bf16 %s%s"
        .formatted(
            get_cpu_capability().getString(),
            bf16,
            hasCuda() ? ", %d CUDA device(s)".formatted(cuda_device_count()) : "");
  }

  /** Whether any NVIDIA device can be used by this build on this machine. */
  public static boolean hasCuda() {
    return cuda_is_available();
  }

  /**
   * The device named {@code auto} (a CUDA device, or the CPU where there is none), {@code cpu},
   * {@code cuda} or {@code cuda:N}. Of several processes on this machine each has the CUDA device
   * of its number, or the only one that it sees; one alone has the first.
   *
   * @throws UserException for any other name, a device that is not there, and in a build for CUDA
   *     whose libraries are missing unless the CPU was asked for
   */
  public static Device device(String name) {
    var matcher = DEVICE.matcher(name);
    if (!matcher.matches()) {
      throw UserException.at("device", "'" + name + "' is none of auto, cpu, cuda, cuda:N");
    }
    NativeLibraries.load();
    if (name.equals("cpu")) {
      return new Device("cpu");
    }
    NativeLibraries.requireCudaIfBuiltForIt();
    if (name.equals("auto") && !hasCuda()) {
      return new Device("cpu");
    }
    if (!hasCuda()) {
      throw new UserException(
          "device: '%s' was asked for and this %s, or use the device cpu"
              .formatted(
                  name,
                  NativeLibraries.areForCuda()
                      ? "machine has no NVIDIA device that works; see what nvidia-smi says"
                      : "build is without CUDA; build it with -Pcuda (docs/cuda.md)"));
    }
    int index = matcher.group(2) == null ? ofThisProcess() : Integer.parseInt(matcher.group(2));
    if (index >= cuda_device_count()) {
      throw UserException.at(
          "device",
          "'cuda:%d' does not exist".formatted(index),
          "this machine has %d CUDA device(s), numbered from 0".formatted(cuda_device_count()));
    }
    return new Device("cuda:" + index);
  }

  /** Waits until {@code device} has done what it was given, as a time taken needs. */
  public static void synchronize(Device device) {
    if (device.is_cuda()) {
      cuda_synchronize(device.index());
    }
  }

  /**
   * By the variable in which launchers number the processes of a machine; where there is one
   * device, or a batch system lets this process see one, that.
   */
  private static int ofThisProcess() {
    if (cuda_device_count() == 1) {
      return 0;
    }
    String number = System.getenv("LOCAL_RANK");
    return number != null && number.matches("\\d{1,3}") ? Integer.parseInt(number) : 0;
  }
}
