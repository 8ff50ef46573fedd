package io.github.drprune.data;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;
import io.github.drprune.conversation.ChatTemplate;
import io.github.drprune.error.UserException;
import io.github.drprune.io.ReadErrors;
import io.github.drprune.io.Sha256;
import io.github.drprune.json.Json;
import io.github.drprune.json.Parts;
import io.github.drprune.tokenizer.SpecialTokens;
import io.github.drprune.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * {@code manifest.json}: what prepared data holds. It is written last, so a folder that has one is
 * complete.
 *
 * @param format always {@link #FORMAT}
 * @param fingerprint of the settings and input files it was made from
 * @param seqLen tokens of a sequence
 * @param malformedRecords input records that were skipped
 * @param specialTokensInText special tokens that documents' texts named; 0 in older files, which
 *     did not count them
 */
public record Manifest(
    String format,
    int version,
    TokenizerIdentity tokenizer,
    int seqLen,
    TokenType tokenType,
    String fingerprint,
    long malformedRecords,
    Long specialTokensInText,
    List<Domain> domains) {

  /** The file's name in the data folder. */
  public static final String FILE = "manifest.json";

  /** Tells the file from other JSON. */
  public static final String FORMAT = "drprune-data";

  /** The version this program writes and reads. */
  public static final int VERSION = 1;

  public Manifest {
    if (!FORMAT.equals(format)) {
      throw new IllegalArgumentException(
          "format is '%s', expected '%s'; is it a data folder of this program?"
              .formatted(format, FORMAT));
    }
    if (version != VERSION) {
      throw new IllegalArgumentException(
          "version is %d, this program reads %d; prepare the data again"
              .formatted(version, VERSION));
    }
    if (seqLen < 2) {
      throw new IllegalArgumentException("seq_len is %d, must be 2 or more".formatted(seqLen));
    }
    if (tokenizer == null || tokenType == null || domains == null || domains.isEmpty()) {
      throw new IllegalArgumentException("tokenizer, token_type or domains are missing");
    }
    specialTokensInText = specialTokensInText == null ? 0 : specialTokensInText;
    Parts.require("domains", domains);
    domains = List.copyOf(domains);
    var names = new HashSet<String>();
    for (var domain : domains) {
      if (!names.add(domain.name())) {
        throw new IllegalArgumentException("domain '%s' appears twice".formatted(domain.name()));
      }
    }
  }

  /** SHA-256 of what the data holds: the same tokens in the same order have the same. */
  public String contents() {
    return Sha256.of(
        Json.line(List.of(seqLen, tokenType, tokenizer.sha256(), domains))
            .getBytes(StandardCharsets.UTF_8));
  }

  /**
   * The tokenizer that made the tokens.
   *
   * @param sha256 of its {@code tokenizer.json}
   * @param size one more than the highest id
   * @param specialTokens the ids around each document
   */
  public record TokenizerIdentity(
      String sha256, int size, @JsonProperty("marks") SpecialTokens specialTokens) {
    public TokenizerIdentity {
      Parts.require("sha256", sha256);
      Parts.require("marks", specialTokens);
    }

    public static TokenizerIdentity of(Tokenizer tokenizer) {
      return new TokenizerIdentity(tokenizer.sha256(), tokenizer.size(), tokenizer.specialTokens());
    }
  }

  /** A domain and its splits. */
  public record Domain(String name, Map<Split, SplitData> splits) {
    public Domain {
      if (name == null || name.isBlank() || splits == null || splits.isEmpty()) {
        throw new IllegalArgumentException("a domain without name or splits");
      }
      Parts.require("splits", splits);
      splits = new EnumMap<>(splits);
    }
  }

  /**
   * One split of a domain.
   *
   * @param documents that were packed, without the empty ones
   * @param characters Unicode code points of the documents; 0 where the input was tokens already
   * @param tokens with the marks around documents
   * @param unusedTokens the last tokens, too few for a sequence, and those past a limit set; of
   *     conversations, those that were cut off
   * @param counted of conversations, 1 for each token that counts, else 0: shards like those of the
   *     tokens; null where all tokens count
   * @param starts of packed conversations, 1 for each token that begins one, else 0; null where a
   *     sequence is attended to as a whole
   * @param countedTokens tokens of conversations that count; null where all do
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  // The order of the counts below would follow the JVM's order of methods, which may change.
  @JsonPropertyOrder({
    "documents",
    "characters",
    "tokens",
    "unused_tokens",
    "sequences",
    "characters_per_token",
    "shards",
    "counted_tokens",
    "counted",
    "starts"
  })
  public record SplitData(
      long documents,
      long characters,
      long tokens,
      long unusedTokens,
      List<Shard> shards,
      Long countedTokens,
      List<Shard> counted,
      List<Shard> starts) {
    public SplitData {
      Parts.require("shards", shards);
      shards = List.copyOf(shards);
      counted = counted == null ? null : List.copyOf(counted);
      starts = starts == null ? null : List.copyOf(starts);
      if (documents < 0 || characters < 0 || unusedTokens < 0 || unusedTokens > tokens) {
        throw new IllegalArgumentException("counts of a split contradict each other");
      }
    }

    /** Of text: all tokens count, and a sequence is attended to as a whole. */
    public SplitData(
        long documents, long characters, long tokens, long unusedTokens, List<Shard> shards) {
      this(documents, characters, tokens, unusedTokens, shards, null, null, null);
    }

    /** All files: of the tokens, of which count and of where conversations begin. */
    public List<Shard> files() {
      return Stream.of(shards, counted, starts)
          .filter(Objects::nonNull)
          .flatMap(List::stream)
          .toList();
    }

    /** Sequences in all shards. */
    @JsonProperty(value = "sequences", access = JsonProperty.Access.READ_ONLY)
    public long sequences() {
      return shards.stream().mapToLong(Shard::sequences).sum();
    }

    /** Characters per token, 0 where they are unknown. */
    @JsonProperty(value = "characters_per_token", access = JsonProperty.Access.READ_ONLY)
    public double charactersPerToken() {
      return tokens == 0 ? 0 : (double) characters / tokens;
    }
  }

  /**
   * One file of sequences.
   *
   * @param file relative to the data folder
   * @param bytes of the whole file
   */
  public record Shard(String file, long sequences, long bytes, String sha256) {
    public Shard {
      if (file == null || sha256 == null || sequences < 1) {
        throw new IllegalArgumentException("shard %s has no sequences or hash".formatted(file));
      }
      var path = Path.of(file).normalize();
      if (path.isAbsolute() || path.startsWith("..")) {
        throw new IllegalArgumentException("shard '%s' is outside the folder".formatted(file));
      }
    }
  }

  /** A shard in {@code folder} that is missing or has another size, where there is one. */
  public Optional<Path> damaged(Path folder) throws IOException {
    for (var domain : domains) {
      for (var split : domain.splits().values()) {
        for (var shard : split.files()) {
          Path file = folder.resolve(shard.file());
          if (!Files.isRegularFile(file) || Files.size(file) != shard.bytes()) {
            return Optional.of(file);
          }
        }
      }
    }
    return Optional.empty();
  }

  /** Whether it is of conversations, of whose tokens only some count. */
  public boolean ofConversations() {
    return domains.stream()
        .flatMap(domain -> domain.splits().values().stream())
        .anyMatch(split -> split.counted() != null);
  }

  /** Whether the template that its conversations were made by is not in {@code folder} any more. */
  public boolean lacksTemplate(Path folder) {
    return ofConversations() && !Files.isRegularFile(folder.resolve(ChatTemplate.FILE));
  }

  /** Reads the manifest of a data folder. */
  public static Manifest read(Path folder) {
    Path file = folder.resolve(FILE);
    if (!Files.isRegularFile(file)) {
      throw new UserException(
          "%s: no %s there; name a folder that 'drprune prepare' has finished"
              .formatted(folder, FILE));
    }
    try {
      return Json.read(file, Manifest.class);
    } catch (IOException e) {
      throw ReadErrors.of(file, e);
    }
  }
}
