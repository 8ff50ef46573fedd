package io.github.drprune.libtorch;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MemoryLimitsTest {
  @TempDir private Path root;

  private long available() {
    return new MemoryLimits(root.resolve("proc"), root.resolve("cgroup")).available();
  }

  private void write(String file, String text) throws IOException {
    Path path = root.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text);
  }

  @Test
  void takesTheTightestLimit() throws IOException {
    write("proc/meminfo", "MemTotal: 9000 kB\nMemAvailable:    8000 kB\n");
    assertThat(available()).isEqualTo(8000 * 1024);

    write("proc/self/status", "VmSize:   100 kB\n");
    write(
        "proc/self/limits",
        "Max address space         unlimited            unlimited            bytes     \n");
    assertThat(available()).isEqualTo(8000 * 1024);
    write("proc/self/limits", "Max address space         4096000   unlimited   bytes     \n");
    assertThat(available()).isEqualTo(4096000 - 100 * 1024);

    write("proc/self/cgroup", "3:cpu:/x\n0::/user/job\n");
    write("cgroup/user/job/memory.max", "max\n");
    write("cgroup/user/memory.max", "3000000\n");
    write("cgroup/user/memory.current", "1000000\n");
    assertThat(available()).isEqualTo(2000000);
    write("cgroup/user/memory.stat", "anon 400000\nactive_file 100000\ninactive_file 500000\n");
    assertThat(available()).isEqualTo(2600000);

    write("proc/self/cgroup", "5:memory:/box\n");
    write("cgroup/memory/box/memory.limit_in_bytes", "500000\n");
    write("cgroup/memory/box/memory.usage_in_bytes", "600000\n");
    assertThat(available()).isZero();
  }

  @Test
  void tellsWantOfMemoryFromOtherFailures() {
    assertThat(OutOfMemory.behind(new RuntimeException("std::bad_alloc"), "lower micro_batch"))
        .hasValueSatisfying(
            e -> assertThat(e).hasMessageContainingAll("std::bad_alloc", "lower micro_batch"));
    assertThat(
            OutOfMemory.behind(
                new IllegalStateException(
                    new RuntimeException(
                        "DefaultCPUAllocator: not enough memory: you tried to allocate 9 bytes.\n"
                            + "at x")),
                "advice"))
        .hasValueSatisfying(e -> assertThat(e.getMessage()).doesNotContain("\n"));
    assertThat(OutOfMemory.behind(new OutOfMemoryError("Java heap space"), "advice")).isPresent();
    assertThat(OutOfMemory.behind(new RuntimeException("sizes differ"), "advice")).isEmpty();
  }
}
