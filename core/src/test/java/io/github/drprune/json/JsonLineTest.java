package io.github.drprune.json;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.drprune.error.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JsonLineTest {
  @TempDir private Path folder;
  private Path file;

  @BeforeEach
  void name() {
    file = folder.resolve("some.jsonl");
  }

  @Test
  void blankLinesAndAByteOrderMarkArePassedOver() throws IOException {
    Files.writeString(file, "\uFEFF{\"n\": 1}\n\n  \r\n{\"n\": 2}");
    List<String> seen = new ArrayList<>();
    JsonLine.each(file, "", line -> seen.add(line.place() + " " + line.tree().get("n").asInt()));
    assertThat(seen).containsExactly(file + ":1 1", file + ":4 2");
  }

  @Test
  void mistakesAreToldWithTheirLine() throws IOException {
    refused().hasMessage(file + ": no such file; name one");
    Files.writeString(file, "{}\n{\"n\": \n");
    refused().hasMessageStartingWith(file + ":2");
    Files.write(file, "{\"n\": \"\u00e9\"}".getBytes(ISO_8859_1));
    refused().hasMessageStartingWith(file + ": not UTF-8 text");
    Files.writeString(file, "version https://git-lfs.github.com/spec/v1\n");
    refused().hasMessageContaining("git lfs pull");
  }

  private AbstractThrowableAssert<?, ?> refused() {
    return assertThatThrownBy(() -> JsonLine.each(file, "name one", _ -> {}))
        .isInstanceOf(UserException.class);
  }
}
