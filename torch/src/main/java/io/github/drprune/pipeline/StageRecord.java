package io.github.drprune.pipeline;

import io.github.drprune.data.Manifest;
import io.github.drprune.error.UserException;
import io.github.drprune.io.AtomicFiles;
import io.github.drprune.io.Sha256;
import io.github.drprune.json.Json;
import io.github.drprune.json.Parts;
import io.github.drprune.model.CheckpointFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;

/**
 * Which stages of a pipeline are done, and of what: the contents of a stage's inputs and its
 * settings are hashed, so that it is skipped as long as neither changes. It also keeps how many
 * tokens a time was found to pay for, so that an interrupted run goes on with the same number.
 */
final class StageRecord {
  /**
   * A stage that was begun.
   *
   * @param fingerprint of its settings and inputs
   * @param version of the fingerprint; null in older files
   */
  record Stage(String fingerprint, boolean done, Integer version) {
    Stage {
      Parts.require("fingerprint", fingerprint);
    }
  }

  /**
   * The file's content.
   *
   * @param tokens that a time pays for, by the hash of what they were measured for; null in older
   *     files
   */
  record Content(Map<String, Stage> stages, Map<String, Long> tokens) {
    Content {
      Parts.require("stages", stages);
      tokens = Objects.requireNonNullElse(tokens, Map.of());
      Parts.require("tokens", tokens);
    }
  }

  private static final Integer VERSION = 2;

  private final Path file;
  private final Map<String, Stage> stages = new LinkedHashMap<>();
  private final Map<String, Long> tokens = new LinkedHashMap<>();

  /** Reads the record that lies beside {@code pipeline}, where there is one. */
  static StageRecord beside(Path pipeline) throws IOException {
    var record = new StageRecord(pipeline.resolveSibling(pipeline.getFileName() + ".state.json"));
    if (Files.exists(record.file)) {
      Content content = Json.read(record.file, Content.class);
      record.stages.putAll(content.stages());
      record.tokens.putAll(content.tokens());
    }
    return record;
  }

  private StageRecord(Path file) {
    this.file = file;
  }

  /**
   * The hash of a stage's settings and of what its inputs contain.
   *
   * @param inputs files, or folders with all their files; those that do not exist count as empty
   * @param models folders of checkpoints, likewise, of which only a checkpoint's files count
   */
  static String fingerprint(Object settings, List<Path> inputs, List<Path> models)
      throws IOException {
    var text = new StringBuilder(Json.line(settings)).append('\n');
    for (Path input : inputs) {
      text.append(input).append('\n');
      if (Files.exists(input)) {
        try (var files = Files.walk(input)) {
          for (Path path : (Iterable<Path>) files.filter(Files::isRegularFile).sorted()::iterator) {
            text.append(input.relativize(path)).append(' ').append(Sha256.of(path)).append('\n');
          }
        }
      }
    }
    for (Path model : models) {
      text.append(model).append('\n');
      if (Files.isDirectory(model)) {
        text.append(CheckpointFiles.contentsWithCompanions(model)).append('\n');
      }
    }
    return Sha256.of(text.toString().getBytes(StandardCharsets.UTF_8));
  }

  /**
   * Notes that a stage begins.
   *
   * @param output what it makes
   * @param replaceable whether it may be made again, as costs little
   * @return false where it is done already
   * @throws UserException where its output was made of other inputs
   */
  boolean begin(String stage, String fingerprint, Path output, boolean replaceable)
      throws IOException {
    Stage before = stages.get(stage);
    boolean same = before != null && before.fingerprint().equals(fingerprint);
    if (same && before.done() && isThere(output)) {
      return false;
    }
    if (before != null && !same && !replaceable && Files.exists(output)) {
      throw new UserException(
          VERSION.equals(before.version())
              ? "%s: settings or inputs changed since %s was made; delete it, or name another output"
                  .formatted(stage, output)
              : "%s: %s was made by an earlier version of drprune, or settings or inputs changed since; if none did, delete %s (and what a stage cut wrote), else the output, or name another"
                  .formatted(stage, output, file));
    }
    put(stage, new Stage(fingerprint, false, VERSION));
    return true;
  }

  /** Data that lost files is not there, though its manifest is. */
  private static boolean isThere(Path output) throws IOException {
    if (!Files.exists(output) || !output.endsWith(Manifest.FILE)) {
      return Files.exists(output);
    }
    Path data = output.getParent();
    var manifest = Manifest.read(data);
    return manifest.damaged(data).isEmpty() && !manifest.lacksTemplate(data);
  }

  void done(String stage) throws IOException {
    put(stage, new Stage(stages.get(stage).fingerprint(), true, VERSION));
  }

  private void put(String name, Stage stage) throws IOException {
    stages.put(name, stage);
    write();
  }

  /** The tokens that were noted under a hash of what they are for. */
  OptionalLong tokens(String fingerprint) {
    return tokens.containsKey(fingerprint)
        ? OptionalLong.of(tokens.get(fingerprint))
        : OptionalLong.empty();
  }

  void noteTokens(String fingerprint, long count) throws IOException {
    if (!Long.valueOf(count).equals(tokens.put(fingerprint, count))) {
      write();
    }
  }

  private void write() throws IOException {
    AtomicFiles.text(file, Json.pretty(new Content(stages, tokens)));
  }
}
