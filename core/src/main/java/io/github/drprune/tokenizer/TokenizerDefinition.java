package io.github.drprune.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.drprune.error.UserException;
import io.github.drprune.io.InputFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;

/** What the tokenizer files of a model folder say, as data: for those who write it elsewhere. */
public final class TokenizerDefinition {
  /** How texts become tokens. */
  public enum Kind {
    /** Merges of the characters that stand for bytes (GPT-2). */
    BYTE_LEVEL_BPE,
    /** Merges of characters; what has no piece becomes bytes (SentencePiece). */
    BYTE_FALLBACK_BPE,
    /** The likeliest pieces (SentencePiece). */
    UNIGRAM
  }

  /** Two pieces that become one where they meet; the earlier in the list, the sooner. */
  public record Merge(String left, String right) {
    /** What they become. */
    public String piece() {
      return left + right;
    }
  }

  /**
   * A token that is looked for in texts before all others.
   *
   * @param special whether it is not part of a text
   */
  public record AddedToken(int id, String content, boolean special) {}

  private final TokenizerFiles files;
  private final Kind kind;
  private final SequencedMap<String, Integer> pieces;
  private final List<Merge> merges;
  private final List<AddedToken> added;

  private TokenizerDefinition(TokenizerFiles files) {
    this.files = files;
    JsonNode model = files.tokens().path("model");
    this.kind = kind(model);
    this.pieces = pieces(model.path("vocab"));
    this.merges = merges(model.path("merges"));
    this.added = new ArrayList<>();
    for (JsonNode token : files.tokens().path("added_tokens")) {
      added.add(
          new AddedToken(
              token.path("id").asInt(),
              token.path("content").asText(),
              token.path("special").asBoolean()));
    }
  }

  /**
   * Reads {@code tokenizer.json} and its companions from a model folder.
   *
   * @throws UserException where there is none, or one of a kind that is not known
   */
  public static TokenizerDefinition read(Path folder) {
    return new TokenizerDefinition(TokenizerFiles.read(folder));
  }

  private Kind kind(JsonNode model) {
    String type = model.path("type").asText(model.has("merges") ? "BPE" : "");
    boolean byteLevel = files.tokens().path("decoder").toString().contains("\"ByteLevel\"");
    return switch (type) {
      case "BPE" -> {
        if (model.path("byte_fallback").asBoolean()) {
          yield Kind.BYTE_FALLBACK_BPE;
        }
        if (byteLevel) {
          yield Kind.BYTE_LEVEL_BPE;
        }
        throw unknown("a BPE tokenizer without bytes");
      }
      case "Unigram" -> Kind.UNIGRAM;
      default -> throw unknown("a tokenizer of type '" + type + "'");
    };
  }

  private UserException unknown(String what) {
    return new UserException(
        "%s: %s; byte-level BPE, BPE with byte fallback and Unigram can be written"
            .formatted(files.file(), what));
  }

  private SequencedMap<String, Integer> pieces(JsonNode vocabulary) {
    SequencedMap<String, Integer> read = new LinkedHashMap<>();
    if (vocabulary.isArray()) {
      vocabulary.forEach(piece -> read.put(piece.path(0).asText(), read.size()));
    } else {
      vocabulary.properties().forEach(piece -> read.put(piece.getKey(), piece.getValue().asInt()));
    }
    return read;
  }

  private List<Merge> merges(JsonNode list) {
    List<Merge> read = new ArrayList<>();
    for (JsonNode merge : list) {
      String[] parts =
          merge.isArray()
              ? new String[] {merge.path(0).asText(), merge.path(1).asText()}
              : merge.asText().split(" ", 2);
      if (parts.length != 2 || !pieces.containsKey(parts[0] + parts[1])) {
        throw new UserException(
            "%s: merge %s makes no piece of its vocabulary; fetch the tokenizer again"
                .formatted(files.file(), merge));
      }
      read.add(new Merge(parts[0], parts[1]));
    }
    return read;
  }

  public Kind kind() {
    return kind;
  }

  public Path file() {
    return files.file();
  }

  /** One more than the highest id. */
  public int size() {
    return files.size();
  }

  /**
   * The added tokens that a model of that many embeddings has none for.
   *
   * @throws UserException where it has none for some of {@link #pieces()}
   */
  public TokensBeyond beyond(int vocabularySize) {
    return files.beyond(vocabularySize);
  }

  /** The ids of the model's pieces, as the file spells and lists them. */
  public Map<String, Integer> pieces() {
    return pieces;
  }

  /** In the order of their precedence; empty where texts are split otherwise. */
  public List<Merge> merges() {
    return merges;
  }

  public List<AddedToken> addedTokens() {
    return added;
  }

  /** A copy of {@code tokenizer.json}. */
  public ObjectNode json() {
    return (ObjectNode) files.tokens().deepCopy();
  }

  /** The id of the special token called {@code name}, for example {@code bos_token}. */
  public Optional<Integer> special(String name) {
    return files.special(name);
  }

  /** The value of a flag such as {@code add_eos_token}, where it is given. */
  public Optional<Boolean> flag(String name) {
    return files.flag(name);
  }

  /** Its chat template, the one called "default" where there are several. */
  public Optional<String> chatTemplate() throws IOException {
    Path template = files.file().resolveSibling("chat_template.jinja");
    if (Files.isRegularFile(template)) {
      return Optional.of(InputFiles.text(template));
    }
    JsonNode given = files.specials().path("chat_template");
    if (given.isArray()) {
      for (JsonNode named : given) {
        if (named.path("name").asText().equals("default")) {
          return Optional.of(named.path("template").asText());
        }
      }
    }
    return given.isTextual() ? Optional.of(given.asText()) : Optional.empty();
  }
}
