package io.github.drprune.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.drprune.error.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StageRecordTest {
  @TempDir private Path folder;

  @Test
  void skipsWhatIsDoneAndUnchanged() throws IOException {
    Path input = Files.createDirectories(folder.resolve("input"));
    Files.writeString(input.resolve("a.txt"), "one");
    Path output = folder.resolve("output");
    Path pipeline = folder.resolve("pipeline.yaml");
    String first = StageRecord.fingerprint(Map.of("steps", 1), List.of(input));

    assertThat(StageRecord.beside(pipeline).begin("prune", first, output, false)).isTrue();
    // Not done: it goes on, also in another process.
    assertThat(StageRecord.beside(pipeline).begin("prune", first, output, false)).isTrue();
    var record = StageRecord.beside(pipeline);
    record.begin("prune", first, output, false);
    Files.createDirectory(output);
    record.done("prune");
    assertThat(StageRecord.beside(pipeline).begin("prune", first, output, false)).isFalse();
    Files.delete(output);
    assertThat(StageRecord.beside(pipeline).begin("prune", first, output, false)).isTrue();
  }

  @Test
  void refusesToReplaceWhatOtherInputsMade() throws IOException {
    Path input = Files.createDirectories(folder.resolve("input"));
    Files.writeString(input.resolve("a.txt"), "one");
    Path output = Files.createDirectory(folder.resolve("output"));
    Path pipeline = folder.resolve("pipeline.yaml");
    String first = StageRecord.fingerprint(Map.of("steps", 1), List.of(input));
    var record = StageRecord.beside(pipeline);
    record.begin("prune", first, output, false);
    record.done("prune");

    Files.writeString(input.resolve("a.txt"), "two");
    String second = StageRecord.fingerprint(Map.of("steps", 1), List.of(input));
    assertThat(second).isNotEqualTo(first);
    assertThat(StageRecord.fingerprint(Map.of("steps", 2), List.of(input))).isNotEqualTo(second);
    assertThatThrownBy(() -> record.begin("prune", second, output, false))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("prune: settings or inputs changed");
    assertThat(record.begin("prune", second, output, true)).isTrue();
  }
}
