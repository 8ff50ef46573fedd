package io.github.drprune.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** That it goes with a program that a signal ends is tested with {@code latency}. */
class TemporaryFolderTest {
  @TempDir private Path folder;

  @Test
  void goesWithAllItHolds() throws IOException {
    try (var temporary = TemporaryFolder.in(folder)) {
      assertThat(temporary.path().getParent()).isEqualTo(folder);
      Path inner = Files.createDirectory(temporary.path().resolve("inner"));
      Files.writeString(inner.resolve(".file.partial"), "half");
    }
    assertThat(folder).isEmptyDirectory();
  }
}
