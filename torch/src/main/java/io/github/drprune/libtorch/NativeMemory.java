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

  /** Native objects that Java handles keep alive. */
  public static long liveHandles() {
    return Pointer.totalCount();
  }

  private static long status(String key) {
    try (var lines = Files.lines(STATUS)) {
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
