package io.github.drprune.data.prepare;

import io.github.drprune.config.binding.ConfigLoader;
import io.github.drprune.data.TokenType;
import io.github.drprune.io.AtomicFiles;
import io.github.drprune.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Locale;

/**
 * What a process needs to know of a preparation in parts to do a piece of its work; it can be sent
 * as JSON. All processes see {@code out}.
 *
 * @param settings as {@code key=value}
 * @param type how tokens are stored
 */
public record PartedJob(Path out, List<String> settings, TokenType type) {
  /** What is there until the data is complete: a folder within the data folder. */
  static final String STAGING = "_parts"; // which names no domain

  public PartedJob {
    settings = List.copyOf(settings);
  }

  static PartedJob of(Path out, PrepareConfig config, Tokenizer tokenizer) {
    List<String> settings =
        ConfigLoader.tree(config).properties().stream()
            .map(key -> key.getKey() + "=" + key.getValue().asText())
            .toList();
    return new PartedJob(out.toAbsolutePath(), settings, config.type(tokenizer.size()));
  }

  PrepareConfig config() {
    return PrepareConfig.of(settings.toArray(String[]::new));
  }

  Path staging() {
    return out.resolve(STAGING);
  }

  /** Deletes what is there until the data is complete. */
  void deleteStaging() throws IOException {
    // An attempt that nobody waits for any more may still be at work: it finds no folder from here
    // on.
    Path gone = out.resolve(STAGING + AtomicFiles.PARTIAL);
    AtomicFiles.deleteTree(gone);
    if (Files.exists(staging())) {
      Files.move(staging(), gone, StandardCopyOption.ATOMIC_MOVE);
    }
    AtomicFiles.deleteTree(gone);
  }

  /** Where every process finds the tokenizer. */
  Path tokenizer() {
    return staging().resolve("tokenizer");
  }

  /** Where what tokenizing a part gave is written, last. */
  Path result(int part) {
    return staging().resolve(String.format(Locale.ROOT, "%06d.json", part));
  }

  /** Where the tokens of a part's stream lie, little-endian. */
  Path tokens(int part, int stream) {
    return staging().resolve(String.format(Locale.ROOT, "%06d-%d.tokens", part, stream));
  }
}
