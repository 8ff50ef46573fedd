package io.github.drprune.data;

import io.github.drprune.error.UserException;
import io.github.drprune.io.ReadErrors;
import io.github.drprune.io.Sha256;
import io.github.drprune.tokenizer.Tokenizer;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongConsumer;

/** A data folder opened for reading: every split of every domain, memory-mapped. */
public final class PreparedData implements AutoCloseable {
  private final Path folder;
  private final Manifest manifest;
  private final Arena arena;
  private final Map<String, Map<Split, TokenSequences>> splits;

  private PreparedData(
      Path folder, Manifest manifest, Arena arena, Map<String, Map<Split, TokenSequences>> splits) {
    this.folder = folder;
    this.manifest = manifest;
    this.arena = arena;
    this.splits = splits;
  }

  /**
   * Opens a folder; a shard that is missing, truncated or of another shape is the user's mistake.
   * Contents are checked by {@link #verify}.
   */
  public static PreparedData open(Path folder) {
    var manifest = Manifest.read(folder);
    var arena = Arena.ofShared();
    try {
      return new PreparedData(folder, manifest, arena, map(folder, manifest, arena));
    } catch (RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  private static Map<String, Map<Split, TokenSequences>> map(
      Path folder, Manifest manifest, Arena arena) {
    var domains = new LinkedHashMap<String, Map<Split, TokenSequences>>();
    for (var domain : manifest.domains()) {
      var splits = new EnumMap<Split, TokenSequences>(Split.class);
      domain
          .splits()
          .forEach(
              (split, data) ->
                  splits.put(split, TokenSequences.map(folder, manifest, data, arena)));
      domains.put(domain.name(), splits);
    }
    return domains;
  }

  /**
   * Compares every shard's SHA-256 with the manifest, about a second per gigabyte.
   *
   * @param progress is told the bytes checked so far, after each shard
   */
  public void verify(LongConsumer progress) {
    long checked = 0;
    for (var domain : manifest.domains()) {
      for (var data : domain.splits().values()) {
        for (var shard : data.files()) {
          verify(shard);
          checked += shard.bytes();
          progress.accept(checked);
        }
      }
    }
  }

  private void verify(Manifest.Shard shard) {
    Path file = folder.resolve(shard.file());
    String sha256;
    try {
      sha256 = Sha256.of(file);
    } catch (IOException e) {
      throw ReadErrors.of(file, e);
    }
    if (!sha256.equals(shard.sha256())) {
      throw new UserException(
          "%s: its bytes are not those of the manifest (SHA-256 %s, expected %s); restore the file or prepare the data again"
              .formatted(file, sha256, shard.sha256()));
    }
  }

  /**
   * Refuses a tokenizer that is not the one the data was prepared with. From then on a sequence
   * with a token that the tokenizer's model has no embedding for is refused as it is read.
   */
  public void requireTokenizer(Tokenizer tokenizer) {
    var identity = Manifest.TokenizerIdentity.of(tokenizer);
    if (!identity.sha256().equals(manifest.tokenizer().sha256())) {
      throw new UserException(
          "%s: prepared with another tokenizer than %s; prepare the data with that of %s"
              .formatted(folder, tokenizer.file(), tokenizer.file().toAbsolutePath().getParent()));
    }
    splits.values().stream()
        .flatMap(ofDomain -> ofDomain.values().stream())
        .forEach(sequences -> sequences.refuse(tokenizer.beyond()));
  }

  public Manifest manifest() {
    return manifest;
  }

  /** Where the data lies. */
  public Path folder() {
    return folder;
  }

  /** Tokens of a sequence. */
  public int seqLen() {
    return manifest.seqLen();
  }

  /** The domains' names, in the order that domain indices follow everywhere. */
  public List<String> domains() {
    return List.copyOf(splits.keySet());
  }

  /** A split of a domain, where it has one with at least one sequence. */
  public Optional<TokenSequences> split(String domain, Split split) {
    var mapped = splits.get(domain);
    if (mapped == null) {
      throw new UserException(
          "%s: no domain '%s'; it has %s"
              .formatted(folder, domain, String.join(", ", splits.keySet())));
    }
    return Optional.ofNullable(mapped.get(split)).filter(sequences -> sequences.count() > 0);
  }

  /** A split of every domain, in the order of {@link #domains}; each must have a sequence of it. */
  public List<TokenSequences> all(Split split) {
    return domains().stream()
        .map(
            domain ->
                split(domain, split)
                    .orElseThrow(
                        () ->
                            new UserException(
                                "%s: domain '%s' has no sequences for %s; prepare it with more text or leave the domain out"
                                    .formatted(folder, domain, split))))
        .toList();
  }

  /** Bytes of all shards. */
  public long bytes() {
    return manifest.domains().stream()
        .flatMap(domain -> domain.splits().values().stream())
        .flatMap(data -> data.files().stream())
        .mapToLong(Manifest.Shard::bytes)
        .sum();
  }

  /** Unmaps the shards. No thread may be reading. */
  @Override
  public void close() {
    arena.close();
  }

  /** True when {@code folder} holds finished data. */
  public static boolean isIn(Path folder) {
    return Files.isRegularFile(folder.resolve(Manifest.FILE));
  }
}
