package io.github.drprune.generate;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.drprune.error.UserException;
import io.github.drprune.json.Json;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.tokenizer.SpecialTokens;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

/**
 * The tokens that end a text. A chat model has several, and often others than the one that its
 * tokenizer puts after documents.
 */
public record EndTokens(Set<Integer> ids) {
  /** Texts go on until they are long enough. */
  public static final EndTokens NONE = new EndTokens(Set.of());

  private static final String KEY = "eos_token_id";

  public EndTokens {
    ids = Set.copyOf(ids);
  }

  /**
   * Those of the checkpoint in {@code folder}, as the transformers library finds them: in {@code
   * generation_config.json}, else in {@code config.json}, else the tokenizer's.
   *
   * @param marks the tokenizer's
   */
  public static EndTokens of(Path folder, ModelSpec config, SpecialTokens marks)
      throws IOException {
    Path file = folder.resolve("generation_config.json");
    Optional<EndTokens> named = Optional.empty();
    if (Files.isRegularFile(file)) {
      // Leniently: text that is not UTF-8 in some other key is no reason to refuse the model.
      String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
      JsonNode json = Json.tree(text, file.toString());
      if (!json.isObject()) {
        throw new UserException(file + ": not a JSON object; restore the model's file");
      }
      named = named(json, file);
    }
    return named
        .or(() -> named(config.source(), folder.resolve("config.json")))
        .orElseGet(() -> ofDocuments(marks));
  }

  private static EndTokens ofDocuments(SpecialTokens marks) {
    return marks.eos() == null ? NONE : new EndTokens(Set.of(marks.eos()));
  }

  /** An id or a list of ids; null is as good as no key. */
  private static Optional<EndTokens> named(JsonNode json, Path file) {
    JsonNode value = json.path(KEY);
    if (value.isMissingNode() || value.isNull()) {
      return Optional.empty();
    }
    Set<Integer> ids = new HashSet<>();
    if (value.isArray()) {
      value.forEach(id -> ids.add(id(id, value, file)));
    } else {
      ids.add(id(value, value, file));
    }
    return Optional.of(new EndTokens(ids));
  }

  private static int id(JsonNode id, JsonNode value, Path file) {
    if (!id.isIntegralNumber() || !id.canConvertToInt()) {
      throw new UserException(
          "%s: %s must be a token's id or a list of ids, not %s".formatted(file, KEY, value));
    }
    return id.asInt();
  }

  /** These and others. */
  EndTokens and(Set<Integer> others) {
    Set<Integer> all = new HashSet<>(ids);
    all.addAll(others);
    return new EndTokens(all);
  }

  boolean contain(int token) {
    return ids.contains(token);
  }
}
