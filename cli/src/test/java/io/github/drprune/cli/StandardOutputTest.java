package io.github.drprune.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StandardOutputTest {
  @TempDir private Path folder;

  @Test
  void outputThatIsLostIsNoSuccess() throws Exception {
    assumeTrue(Files.exists(Path.of("/dev/full")), "no /dev/full on this system");
    try (var program = new Program(folder)) {
      var full = program.start(shell("exec \"$@\" >/dev/full"), "--version", Map.of());
      assertThat(full.exit()).as(full::said).isEqualTo(2);
      assertThat(full.err())
          .isEqualTo(
              "drprune: standard output: No space left on device;"
                  + " what the command said is not complete\n");
    }
  }

  @Test
  void aReaderThatHasEnoughIsNoFailure() throws Exception {
    try (var program = new Program(folder)) {
      // The reader is gone before the program says anything.
      var piped =
          program.start(
              shell("set -o pipefail; { sleep 0.2; \"$@\"; } | true"), "--version", Map.of());
      assertThat(piped.exit()).as(piped::said).isZero();
      assertThat(piped.err()).isEmpty();
    }
  }

  private static List<String> shell(String script) {
    return List.of("bash", "-c", script, "bash");
  }
}
