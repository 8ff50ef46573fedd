package io.github.drprune.libtorch;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.bytedeco.javacpp.Pointer;

/** What the process holds, as the operating system and JavaCPP count it. */
public final class NativeMemory {
  private static final Path STATUS = Path.of("/proc/self/status");

  private NativeMemory() {}

  /** Resident memory now, in bytes. */
  public static long resident() {
    return status("VmRSS:");
  }

  /** The most resident memory so far, in bytes. */
  public static long peakResident() {
    return status("VmHWM:");
  }

  /** What this process could still take without swapping and within its limits, in bytes. */
  public static long available() {
    return MemoryLimits.HERE.available();
  }

  /** Forgets the peak so far and gives free memory back, so that a new peak can be taken. */
  public static void resetPeak() {
    Pointer.trimMemory();
    try {
      Files.writeString(Path.of("/proc/self/clear_refs"), "5");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Native objects that Java handles keep alive. */
  public static long liveHandles() {
    return Pointer.totalCount();
  }

  private static long status(String key) {
    return MemoryLimits.kibibytes(STATUS, key).findFirst().orElseThrow();
  }
}
