package io.github.drprune.libtorch;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * What this process may still take before a limit stops it: the machine's free memory, the limits
 * of its control groups (version 2 and 1), and that of its address space ({@code ulimit -v}).
 *
 * @param proc where the kernel tells of processes, {@code /proc}
 * @param cgroups where it tells of control groups, {@code /sys/fs/cgroup}
 */
record MemoryLimits(Path proc, Path cgroups) {
  static final MemoryLimits HERE = new MemoryLimits(Path.of("/proc"), Path.of("/sys/fs/cgroup"));

  /** Bytes left under the tightest limit. */
  long available() {
    LongStream machine = kibibytes(proc.resolve("meminfo"), "MemAvailable:");
    return LongStream.concat(machine, LongStream.concat(groups(), addresses()))
        .min()
        .orElse(Long.MAX_VALUE);
  }

  private LongStream addresses() {
    long taken = kibibytes(proc.resolve("self/status"), "VmSize:").findFirst().orElse(0);
    return lines(proc.resolve("self/limits"))
        .filter(line -> line.startsWith("Max address space"))
        .map(line -> line.replace("Max address space", "").strip().split("\\s+")[0])
        .flatMapToLong(MemoryLimits::number)
        .map(limit -> Math.max(0, limit - taken));
  }

  private LongStream groups() {
    return lines(proc.resolve("self/cgroup"))
        .map(line -> line.split(":", 3))
        .filter(parts -> parts.length == 3)
        .flatMapToLong(
            parts -> {
              if (parts[1].isEmpty()) {
                return left(cgroups, parts[2], "memory.max", "memory.current");
              }
              return parts[1].equals("memory")
                  ? left(
                      cgroups.resolve("memory"),
                      parts[2],
                      "memory.limit_in_bytes",
                      "memory.usage_in_bytes")
                  : LongStream.empty();
            });
  }

  /** What is left in a group and in those it is part of, up to the topmost that can be seen. */
  private static LongStream left(Path root, String group, String limit, String used) {
    Path own = root.resolve(group.substring(1)).normalize();
    return Stream.iterate(own, at -> at != null && at.startsWith(root), Path::getParent)
        .flatMapToLong(
            at -> {
              long taken =
                  lines(at.resolve(used)).flatMapToLong(MemoryLimits::number).sum()
                      - fileCache(at.resolve("memory.stat"));
              return lines(at.resolve(limit))
                  .flatMapToLong(MemoryLimits::number)
                  .map(most -> Math.max(0, most - taken));
            });
  }

  /** Pages of files count as used and are given up before the limit stops anyone. */
  private static long fileCache(Path statistics) {
    return lines(statistics)
        .map(line -> line.split(" "))
        .filter(pair -> pair[0].equals("active_file") || pair[0].equals("inactive_file"))
        .flatMapToLong(pair -> number(pair[1]))
        .sum();
  }

  /** Empty for "max" and "unlimited". */
  private static LongStream number(String text) {
    return text.matches("\\d{1,18}") ? LongStream.of(Long.parseLong(text)) : LongStream.empty();
  }

  /** The figure of a line that counts in kibibytes, in bytes. */
  static LongStream kibibytes(Path file, String key) {
    return lines(file)
        .filter(line -> line.startsWith(key))
        .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("\\D", "")));
  }

  /** None where the kernel has no such file. */
  private static Stream<String> lines(Path file) {
    if (!Files.isReadable(file)) {
      return Stream.empty();
    }
    try {
      return Files.readAllLines(file).stream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
