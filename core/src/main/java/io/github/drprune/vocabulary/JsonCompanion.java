package io.github.drprune.vocabulary;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.drprune.io.InputFiles;
import io.github.drprune.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Files of JSON that a checkpoint may have beside its weights. */
final class JsonCompanion {
  static final String GENERATION_CONFIG = "generation_config.json";

  private JsonCompanion() {}

  /** The object in {@code file}; empty where there is no such file or it holds something else. */
  static Optional<ObjectNode> read(Path file) throws IOException {
    return Files.isRegularFile(file)
            && Json.tree(InputFiles.text(file), file.toString()) instanceof ObjectNode json
        ? Optional.of(json)
        : Optional.empty();
  }
}
