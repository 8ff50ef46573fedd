package io.github.drprune.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.drprune.error.UserException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InputFilesTest {
  @TempDir private Path folder;

  private AbstractThrowableAssert<?, ?> refused(Path file) {
    return assertThatThrownBy(() -> InputFiles.text(file))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(file.toString());
  }

  @Test
  void whatIsNoFileOfTextIsNamed() throws IOException {
    refused(folder.resolve("none")).hasMessageContaining("no such file");
    refused(folder).hasMessageContaining("a folder where a file is expected");
    refused(Path.of("/dev/null")).hasMessageContaining("not a regular file");
    Path file = folder.resolve("file");
    refused(Files.createFile(file)).hasMessageContaining("empty");
    refused(Files.write(file, new byte[] {'a', (byte) 0xE9, 'b'})).hasMessageContaining("UTF-8");
    Files.writeString(
        file, "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n");
    refused(file).hasMessageContaining("git lfs pull");
    refused(file.resolve("below")).hasMessageContaining("no such file");
    Files.writeString(file, "größe");
    assertThat(InputFiles.text(file)).isEqualTo("größe");
  }

  @Test
  void aFileBeyondAllBoundsIsNotReadIntoMemory() throws IOException {
    Path file = folder.resolve("file");
    try (var sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.setLength(3L << 30);
    }
    refused(file).hasMessageContaining("3.2 GB");
  }
}
