package io.github.drprune.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.drprune.error.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AppendedLinesTest {
  @TempDir private Path folder;

  @Test
  void whatWasBeingWrittenGoes() throws IOException {
    Path file = folder.resolve("log");
    assertThat(AppendedLines.read(file)).isEqualTo(new AppendedLines.Whole(List.of(), 0));
    Files.writeString(file, "ä\n\nb\nhal");
    var found = AppendedLines.read(file);
    assertThat(found).isEqualTo(new AppendedLines.Whole(List.of("ä", "", "b"), 6));
    try (var lines = new AppendedLines(file, found.bytes())) {
      lines.write("c\n");
      assertThat(lines.force()).isEqualTo(8);
    }
    assertThat(Files.readString(file)).isEqualTo("ä\n\nb\nc\n");
  }

  @Test
  void textOfAnotherProgramIsNotTakenForALineHalfWritten() throws IOException {
    Path file = folder.resolve("own.json");
    for (String own : List.of("", "{", "{\"key\":", "{\"key\":7, ")) {
      Files.writeString(file, own);
      assertThat(AppendedLines.read(file, "{\"key\":", "answers").bytes()).as(own).isZero();
    }
    Files.writeString(file, "{\"precious\":1}");
    assertThatThrownBy(() -> AppendedLines.read(file, "{\"key\":", "answers"))
        .isInstanceOf(UserException.class)
        .hasMessage(file + ": holds no answers of this program; name another file");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "torn"})
  void aFileWithoutAWholeLineHasNone(String text) throws IOException {
    Path file = folder.resolve("log");
    Files.writeString(file, text);
    assertThat(AppendedLines.read(file)).isEqualTo(new AppendedLines.Whole(List.of(), 0));
  }
}
