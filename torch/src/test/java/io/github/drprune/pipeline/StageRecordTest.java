package io.github.drprune.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.drprune.data.Manifest;
import io.github.drprune.data.Split;
import io.github.drprune.data.TokenType;
import io.github.drprune.error.UserException;
import io.github.drprune.json.Json;
import io.github.drprune.tokenizer.SpecialTokens;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StageRecordTest {
  @TempDir private Path folder;

  @Test
  void skipsWhatIsDoneAndUnchanged() throws IOException {
    Path input = Files.createDirectories(folder.resolve("input"));
    Files.writeString(input.resolve("a.txt"), "one");
    Path output = folder.resolve("output");
    Path pipeline = folder.resolve("pipeline.yaml");
    String first = fingerprint(1, input);

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

  /** Data of four bytes; gives the manifest. */
  private Path data(boolean ofConversations) throws IOException {
    Path data = Files.createDirectories(folder.resolve("data"));
    Files.writeString(data.resolve("a.npy"), "four");
    Path manifest = data.resolve(Manifest.FILE);
    var marks = new Manifest.TokenizerIdentity("00", 4, new SpecialTokens(null, null));
    var shards = List.of(new Manifest.Shard("a.npy", 1, 4, "00"));
    var split =
        ofConversations
            ? new Manifest.SplitData(1, 1, 2, 0, shards, 1L, shards, null)
            : new Manifest.SplitData(1, 1, 2, 0, shards);
    var domain = new Manifest.Domain("a", Map.of(Split.TRAIN, split));
    return Files.writeString(
        manifest,
        Json.pretty(
            new Manifest(
                Manifest.FORMAT,
                Manifest.VERSION,
                marks,
                2,
                TokenType.UINT16,
                "",
                0,
                0L,
                List.of(domain))));
  }

  private StageRecord prepared(Path manifest) throws IOException {
    var record = StageRecord.beside(folder.resolve("pipeline.yaml"));
    record.begin("prepare", "same", manifest, false);
    record.done("prepare");
    assertThat(record.begin("prepare", "same", manifest, false)).isFalse();
    return record;
  }

  @Test
  void dataThatLostAFileIsNotDone() throws IOException {
    Path manifest = data(false);
    var record = prepared(manifest);
    Files.delete(manifest.resolveSibling("a.npy"));
    assertThat(record.begin("prepare", "same", manifest, false)).isTrue();
  }

  @Test
  void conversationsThatLostTheirTemplateAreNotDone() throws IOException {
    Path manifest = data(true);
    Path template = Files.writeString(manifest.resolveSibling("chat_template.jinja"), "t");
    var record = prepared(manifest);
    Files.delete(template);
    assertThat(record.begin("prepare", "same", manifest, false)).isTrue();
  }

  @Test
  void refusesToReplaceWhatOtherInputsMade() throws IOException {
    Path input = Files.createDirectories(folder.resolve("input"));
    Files.writeString(input.resolve("a.txt"), "one");
    Path output = Files.createDirectory(folder.resolve("output"));
    Path pipeline = folder.resolve("pipeline.yaml");
    String first = fingerprint(1, input);
    var record = StageRecord.beside(pipeline);
    record.begin("prune", first, output, false);
    record.done("prune");

    Files.writeString(input.resolve("a.txt"), "two");
    String second = fingerprint(1, input);
    assertThat(second).isNotEqualTo(first);
    assertThat(fingerprint(2, input)).isNotEqualTo(second);
    assertThatThrownBy(() -> record.begin("prune", second, output, false))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("prune: settings or inputs changed");
    assertThat(record.begin("prune", second, output, true)).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "null",
        "{}",
        "{\"stages\": null}",
        "{\"stages\": {\"prune\": null}}",
        "{\"stages\": {\"prune\": {\"done\": true}}}",
        "{\"stages\": {}, \"tokens\": {\"a\": null}}"
      })
  void aDamagedRecordIsTold(String json) throws IOException {
    Files.writeString(folder.resolve("p.yaml.state.json"), json);
    assertThatThrownBy(() -> StageRecord.beside(folder.resolve("p.yaml")))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("p.yaml.state.json: ");
  }

  private static String fingerprint(int steps, Path input) throws IOException {
    return StageRecord.fingerprint(Map.of("steps", steps), List.of(input), List.of());
  }

  @Test
  void readsTheRecordsOfVersionsThatKnewNoTimes() throws IOException {
    Path pipeline = folder.resolve("pipeline.yaml");
    Path output = Files.createDirectory(folder.resolve("output"));
    Files.writeString(
        folder.resolve("pipeline.yaml.state.json"),
        "{\"stages\": {\"prune\": {\"fingerprint\": \"f\", \"done\": true}}}");
    assertThat(StageRecord.beside(pipeline).begin("prune", "f", output, false)).isFalse();
  }

  /** Their fingerprints are other ones, so that advice to delete what was made would be wrong. */
  @Test
  void recordsOfEarlierVersionsAreToldAsSuch() throws IOException {
    Path pipeline = folder.resolve("pipeline.yaml");
    Path output = Files.createDirectory(folder.resolve("output"));
    Path state = folder.resolve("pipeline.yaml.state.json");
    Files.writeString(state, "{\"stages\": {\"prune\": {\"fingerprint\": \"f\", \"done\": true}}}");
    assertThatThrownBy(() -> StageRecord.beside(pipeline).begin("prune", "g", output, false))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("by an earlier version of drprune")
        .hasMessageContaining("delete " + state + " (and");

    Files.delete(state);
    StageRecord.beside(pipeline).begin("prune", "f", output, false);
    assertThatThrownBy(() -> StageRecord.beside(pipeline).begin("prune", "g", output, false))
        .isInstanceOf(UserException.class)
        .hasMessageEndingWith("delete it, or name another output");
  }

  @Test
  void onlyTheFilesOfACheckpointCountInItsFolder() throws IOException {
    Path model = Files.createDirectories(folder.resolve("model"));
    Files.writeString(model.resolve("config.json"), "{}");
    Files.writeString(model.resolve("model.safetensors"), "weights");
    Files.writeString(model.resolve("tokenizer.json"), "{}");
    String first = StageRecord.fingerprint("", List.of(), List.of(model));
    Files.createDirectories(model.resolve(".git"));
    Files.writeString(model.resolve(".git/index"), "moved on");
    Files.writeString(model.resolve("README.md"), "edited");
    Files.writeString(model.resolve("small.yaml.state.json"), "{}");
    assertThat(StageRecord.fingerprint("", List.of(), List.of(model))).isEqualTo(first);
    for (String file : List.of("config.json", "model.safetensors", "tokenizer.json")) {
      String before = StageRecord.fingerprint("", List.of(), List.of(model));
      Files.writeString(model.resolve(file), "other");
      assertThat(StageRecord.fingerprint("", List.of(), List.of(model)))
          .as(file)
          .isNotEqualTo(before);
    }
  }
}
