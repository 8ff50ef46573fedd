package io.github.drprune.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.drprune.error.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFilesTest {
  @TempDir private Path folder;

  @Test
  void makesTheFoldersOnTheWay() throws IOException {
    Path target = folder.resolve("a/b/c");
    AtomicFiles.folder(target, partial -> Files.writeString(partial.resolve("f"), "x"));
    assertThat(target.resolve("f")).hasContent("x");
    assertThat(folder.resolve("a/b")).isDirectoryNotContaining("glob:**/.*");
  }

  @Test
  void whatAUserNamedAlikeStays() throws IOException {
    Path own = Files.createDirectory(folder.resolve("model.partial"));
    Files.writeString(own.resolve("precious"), "1");
    Path target = folder.resolve("model");
    Path left = Files.createDirectory(AtomicFiles.partialOf(target)); // by a crash
    Files.writeString(left.resolve("torn"), "1");
    AtomicFiles.folder(target, partial -> Files.writeString(partial.resolve("whole"), "2"));
    assertThat(own.resolve("precious")).hasContent("1");
    assertThat(target.toFile().list()).containsExactly("whole");
    assertThat(folder.toFile().list()).containsExactlyInAnyOrder("model", "model.partial");
  }

  @Test
  void twoDoNotWriteTheSameAtOnce() throws IOException {
    Path target = folder.resolve("model");
    AtomicFiles.folder(
        target,
        partial -> {
          assertThatThrownBy(() -> AtomicFiles.folder(target, _ -> {}))
              .isInstanceOf(UserException.class)
              .hasMessageContaining("another process is writing it");
          Files.writeString(partial.resolve("whole"), "1");
        });
    assertThatThrownBy(() -> AtomicFiles.folder(target, _ -> {}))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("is there already");
    assertThat(target.resolve("whole")).hasContent("1");

    Path file = folder.resolve("model.gguf");
    AtomicFiles.file(
        file,
        partial -> {
          assertThatThrownBy(() -> AtomicFiles.file(file, _ -> {}))
              .isInstanceOf(UserException.class);
          Files.writeString(partial, "1");
        });
    assertThat(file).hasContent("1");
    assertThat(folder.toFile().list()).containsExactlyInAnyOrder("model", "model.gguf");
  }
}
