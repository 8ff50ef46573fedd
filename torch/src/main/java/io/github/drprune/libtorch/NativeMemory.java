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

  /** What the machine could give a process now without swapping, in bytes. */
  public static long available() {
    return kilobytes(Path.of("/proc/meminfo"), "MemAvailable:");
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
    return kilobytes(STATUS, key);
  }

  /** The figure of a line that counts in kibibytes, in bytes. */
  private static long kilobytes(Path file, String key) {
    try (var lines = Files.lines(file)) {
      return lines
          .filter(line -> line.startsWith(key))
          .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("\\D", "")))
          .findFirst()
          .orElseThrow();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
