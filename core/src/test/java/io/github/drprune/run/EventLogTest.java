package io.github.drprune.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.drprune.error.UserException;
import io.github.drprune.json.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class EventLogTest {
  private static final List<RunEvent> EVENTS =
      List.of(
          new RunEvent.Warning(1, "żółw"),
          new RunEvent.Warning(2, "b"),
          new RunEvent.Done(3, "completed", null, null, 10, 1.5));

  @TempDir private Path folder;

  @Test
  void readsFolderAndFile() throws IOException {
    byte[] log = write(EVENTS);
    Files.write(folder.resolve(EventLog.FILE_NAME), log);

    assertThat(EventLog.read(folder)).isEqualTo(EVENTS);
    assertThat(EventLog.read(folder.resolve(EventLog.FILE_NAME))).isEqualTo(EVENTS);
  }

  @Test
  void leavesOutAnUnfinishedLastLineWhereverItWasCut() throws IOException {
    byte[] log = write(EVENTS);
    Path file = folder.resolve(EventLog.FILE_NAME);
    for (int length = 0; length < log.length; length++) {
      Files.write(file, Arrays.copyOf(log, length));
      List<RunEvent> read = EventLog.read(file);
      assertThat(read).isEqualTo(EVENTS.subList(0, read.size()));
      assertThat(read.size()).isGreaterThanOrEqualTo(lineFeeds(log, length));
    }
  }

  @Test
  void namesABrokenLine() throws IOException {
    Path file = folder.resolve(EventLog.FILE_NAME);
    Files.writeString(
        file, Json.line(EVENTS.get(0)) + "\n{\"event\":\n" + Json.line(EVENTS.get(1)) + "\n");

    assertThatThrownBy(() -> EventLog.read(file))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(file + ":2");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "null",
        "{\"event\": \"done\", \"step\": 1, \"tokens\": 1, \"seconds\": 1}",
        "{\"event\": \"warning\", \"step\": 1}"
      })
  void namesALineWithoutWhatEveryEventHas(String line) throws IOException {
    Path file = folder.resolve(EventLog.FILE_NAME);
    Files.writeString(file, line + "\n");

    assertThatThrownBy(() -> EventLog.read(file))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(file + ":1: ");
  }

  @Test
  void saysWhatToNameWhereThereIsNoLog() {
    assertThatThrownBy(() -> EventLog.read(folder))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("name a run's folder");
  }

  private static byte[] write(List<RunEvent> events) {
    var text = new StringBuilder();
    events.forEach(event -> text.append(Json.line(event)).append('\n'));
    return text.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static int lineFeeds(byte[] bytes, int length) {
    int count = 0;
    for (int i = 0; i < length; i++) {
      count += bytes[i] == '\n' ? 1 : 0;
    }
    return count;
  }
}
