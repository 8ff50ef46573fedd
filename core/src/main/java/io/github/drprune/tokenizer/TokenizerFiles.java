package io.github.drprune.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.drprune.error.Printable;
import io.github.drprune.error.UserException;
import io.github.drprune.io.AtomicFiles;
import io.github.drprune.io.InputFiles;
import io.github.drprune.io.ReadErrors;
import io.github.drprune.io.Sha256;
import io.github.drprune.json.Json;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;

/**
 * What the tokenizer files of a model folder say: {@code tokenizer.json}, and the special tokens of
 * {@code tokenizer_config.json}, or of {@code special_tokens_map.json} where that has none.
 *
 * @param size one more than the highest id
 * @param sha256 of the bytes of {@code tokenizer.json}, in hexadecimal
 */
record TokenizerFiles(
    Path file, String definition, String sha256, int size, JsonNode tokens, JsonNode specials) {

  private static final String DEFINITION = "tokenizer.json";
  private static final String CONFIG = "tokenizer_config.json";
  private static final String SPECIALS = "special_tokens_map.json";

  static TokenizerFiles read(Path folder) {
    Path file = Files.isDirectory(folder) ? folder.resolve(DEFINITION) : folder;
    InputFiles.requireFile(file, "name a model folder that holds a Hugging Face tokenizer.json");
    try {
      String definition = InputFiles.text(file);
      JsonNode tree = Json.tree(definition, file.toString());
      var specials = JsonNodeFactory.instance.objectNode();
      specials.setAll(specials(file.resolveSibling(SPECIALS)));
      specials.setAll(specials(file.resolveSibling(CONFIG)));
      return new TokenizerFiles(
          file,
          definition,
          Sha256.of(definition.getBytes(StandardCharsets.UTF_8)),
          size(file, tree),
          tree,
          specials);
    } catch (IOException e) {
      throw ReadErrors.of(file, e);
    }
  }

  /** Copies the files themselves. */
  void copyTo(Path folder) throws IOException {
    AtomicFiles.copy(file, folder.resolve(DEFINITION));
    for (String name : List.of(CONFIG, SPECIALS)) {
      if (Files.exists(file.resolveSibling(name))) {
        AtomicFiles.copy(file.resolveSibling(name), folder.resolve(name));
      }
    }
  }

  /** The id of the special token called {@code name}, for example {@code bos_token}. */
  Optional<Integer> special(String name) {
    Optional<String> text = content(specials.path(name));
    if (text.isEmpty()) {
      return Optional.empty();
    }
    String content = text.get();
    OptionalInt id = id(content);
    if (id.isPresent()) {
      return Optional.of(id.getAsInt());
    }
    throw new UserException(
        "%s: %s '%s' is not in its vocabulary; the tokenizer files belong to different models"
            .formatted(file, name, Printable.line(content)));
  }

  private static Optional<String> content(JsonNode token) {
    String content = token.isObject() ? token.path("content").asText(null) : token.asText(null);
    return token.isNull() || content == null || content.isEmpty()
        ? Optional.empty()
        : Optional.of(content);
  }

  /** The id of a token by its text. */
  OptionalInt id(String content) {
    for (JsonNode added : tokens.path("added_tokens")) {
      if (content.equals(added.path("content").asText())) {
        return OptionalInt.of(added.path("id").asInt());
      }
    }
    JsonNode id = tokens.path("model").path("vocab").path(content);
    return id.isInt() ? OptionalInt.of(id.asInt()) : OptionalInt.empty();
  }

  /** The texts of all tokens that have a name, such as {@code bos_token}. */
  Map<String, String> namedTokens() {
    var named = new LinkedHashMap<String, String>();
    specials
        .properties()
        .forEach(
            entry -> {
              if (entry.getKey().endsWith("_token") && !entry.getKey().startsWith("add_")) {
                content(entry.getValue()).ifPresent(text -> named.put(entry.getKey(), text));
              }
            });
    return named;
  }

  /** The value of a flag such as {@code add_bos_token}, where it is given. */
  Optional<Boolean> flag(String name) {
    JsonNode flag = specials.path(name);
    return flag.isBoolean() ? Optional.of(flag.asBoolean()) : Optional.empty();
  }

  /** Whether it is named one of Llama's and puts a space before every text. */
  boolean isOfLlama() {
    String type = specials.path("tokenizer_class").asText();
    return (type.equals("LlamaTokenizer") || type.equals("LlamaTokenizerFast"))
        && tokens.path("normalizer").toString().contains("\"Prepend\"");
  }

  /** The ids of the special tokens. */
  Set<Integer> specialIds() {
    var ids = new HashSet<Integer>();
    for (JsonNode added : tokens.path("added_tokens")) {
      if (added.path("special").asBoolean()) {
        ids.add(added.path("id").asInt());
      }
    }
    return ids;
  }

  /**
   * The definition of a tokenizer that takes the names of special tokens for text. Those that the
   * model has no piece for stay, under names that no text has: the ids of others follow from their
   * number.
   */
  String withoutSpecialTokens() {
    var pieces = new HashSet<String>();
    JsonNode vocabulary = tokens.path("model").path("vocab");
    if (vocabulary.isArray()) {
      vocabulary.forEach(piece -> pieces.add(piece.path(0).asText()));
    } else {
      vocabulary.fieldNames().forEachRemaining(pieces::add);
    }
    var plain = (ObjectNode) tokens.deepCopy();
    var kept = plain.putArray("added_tokens");
    for (JsonNode added : tokens.path("added_tokens")) {
      var copy = (ObjectNode) added.deepCopy();
      if (!added.path("special").asBoolean()) {
        kept.add(copy);
      } else if (!pieces.contains(added.path("content").asText())) {
        kept.add(copy.put("content", "\uE000special-%s\uE000".formatted(added.path("id"))));
      }
    }
    return plain.toString();
  }

  private static ObjectNode specials(Path file) throws IOException {
    String json = Files.exists(file) ? InputFiles.text(file) : "{}";
    if (Json.tree(json, file.toString()) instanceof ObjectNode object) {
      return object;
    }
    throw new UserException(file + ": not a JSON object; restore the model's tokenizer files");
  }

  /**
   * The added tokens that a model of that many embeddings has none for.
   *
   * @throws UserException where it has none for pieces of the tokenizer's vocabulary itself
   */
  TokensBeyond beyond(int vocabularySize) {
    int pieces = pieces(tokens);
    if (pieces > vocabularySize) {
      throw new UserException(
          "%s: has ids up to %d, but the model's vocabulary ends at %d; use the model's own tokenizer"
              .formatted(file, pieces - 1, vocabularySize - 1));
    }
    var names = new TreeMap<Integer, String>();
    for (JsonNode added : tokens.path("added_tokens")) {
      if (added.path("id").asInt() >= vocabularySize) {
        names.put(added.path("id").asInt(), Printable.line(added.path("content").asText()));
      }
    }
    return new TokensBeyond(vocabularySize, names);
  }

  /** One more than the highest id of a piece. */
  private static int pieces(JsonNode tree) {
    JsonNode vocabulary = tree.path("model").path("vocab");
    int size = vocabulary.isArray() ? vocabulary.size() : 0;
    if (vocabulary.isObject()) {
      for (JsonNode id : vocabulary) {
        size = Math.max(size, id.asInt() + 1);
      }
    }
    return size;
  }

  private static int size(Path file, JsonNode tree) {
    int size = pieces(tree);
    for (JsonNode added : tree.path("added_tokens")) {
      size = Math.max(size, added.path("id").asInt() + 1);
    }
    if (size == 0) {
      throw new UserException(
          file + ": holds no vocabulary; is it the tokenizer.json of a Hugging Face model?");
    }
    return size;
  }
}
