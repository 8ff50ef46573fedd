package io.github.drprune.data.prepare;

import io.github.drprune.data.Manifest;
import io.github.drprune.error.UserException;
import io.github.drprune.io.AtomicFiles;
import io.github.drprune.json.Json;
import io.github.drprune.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/**
 * One attempt at a piece of a preparation in parts. Any number may be made at the same piece, also
 * at once, and any may end at any time: what one leaves appears whole, and is the same as
 * another's.
 */
public final class PartWork {
  /** Is told how the tokenizing of a part goes. */
  @FunctionalInterface
  public interface Progress {
    /** Called often, with what has been done since the last call. */
    void advanced(long bytes, long documents, long tokens, long malformed);
  }

  private final PartedJob job;
  private final PrepareConfig config;
  private final String attempt;

  /**
   * @param attempt a name that no other attempt of the job has
   */
  public PartWork(PartedJob job, String attempt) {
    this.job = job;
    this.config = job.config();
    this.attempt = attempt;
    if (!Files.isDirectory(job.staging())) {
      throw new UserException(
          "%s: not seen by every process; name a folder of a file system that all machines share"
              .formatted(job.out()));
    }
  }

  /** Tokenizes a part, unless an earlier attempt has. */
  public PartTokens tokenize(CorpusPart part, Storage storage, Progress progress)
      throws IOException {
    Path result = job.result(part.number());
    if (Files.exists(result)) {
      var earlier = Json.read(result, PartTokens.class);
      progress.advanced(part.bytes(), earlier.documents(), earlier.tokens(), earlier.malformed());
      return earlier;
    }
    var streams = new LinkedHashMap<DomainSplit, PartStream>();
    try {
      PartTokens tokens = tokenize(part, storage, progress, streams);
      if (tokens.malformed() <= config.maxBadLines()) { // otherwise it was not read to its end
        for (int stream = 0; stream < streams.size(); stream++) {
          publish(job.tokens(part.number(), stream));
        }
        Files.writeString(partial(result), Json.line(tokens));
        publish(result);
      }
      return tokens;
    } finally {
      for (var stream : streams.values()) {
        stream.close();
      }
    }
  }

  private PartTokens tokenize(
      CorpusPart part,
      Storage storage,
      Progress progress,
      SequencedMap<DomainSplit, PartStream> streams)
      throws IOException {
    List<PartTokens.SliceCounts> slices = new ArrayList<>();
    long specials = 0;
    try (var tokenizer = Tokenizer.load(job.tokenizer())) {
      var batches = new BatchTokenizer(tokenizer, config, null);
      var spool = new Spool(partial(job.staging().resolve(Spool.FILE)));
      for (var slice : part.slices()) {
        var reading = new SliceReading(slice, config.maxBadLines());
        try (var source =
            RecordSource.reading(
                slice.file(), () -> RecordSource.open(slice, storage, config, spool))) {
          reading.read(source, batches, sink(part, streams), progress);
        }
        requireUnchanged(slice.file(), storage);
        slices.add(reading.counts());
        specials += reading.specials();
      }
    }
    List<PartTokens.Filled> filled = new ArrayList<>();
    for (var stream : streams.entrySet()) {
      filled.add(new PartTokens.Filled(stream.getKey(), stream.getValue().finish()));
    }
    return new PartTokens(part.number(), filled, slices, specials);
  }

  /** Refuses a file that is not the one found: another attempt would give other tokens. */
  private void requireUnchanged(InputFile file, Storage storage) {
    boolean unchanged =
        RecordSource.reading(
            file,
            () ->
                storage.bytes(file.path()) == file.bytes()
                    && storage.modified(file.path()) == file.modified());
    if (!unchanged) {
      throw new UserException(
          "%s: has changed since the preparation began; delete %s and prepare again"
              .formatted(file.path(), job.out()));
    }
  }

  private SliceReading.Sink sink(CorpusPart part, SequencedMap<DomainSplit, PartStream> streams) {
    return (batch, index) -> {
      var to = batch.to()[index];
      var stream = streams.get(to);
      if (stream == null) {
        stream = new PartStream(partial(job.tokens(part.number(), streams.size())), job.type());
        streams.put(to, stream);
        long names = streams.keySet().stream().map(DomainSplit::domain).distinct().count();
        DomainName.requireFew(Math.toIntExact(names), config);
      }
      stream.add(batch, index);
    };
  }

  /** Makes a shard out of the tokens of parts. */
  public Manifest.Shard join(ShardPlan plan) throws IOException {
    Path folder = Files.createDirectory(job.staging().resolve("shard-" + attempt));
    var target = ShardWriter.Target.of(folder, plan.to(), config, job.type()).from(plan.number());
    try (var writer = new ShardWriter(target, ShardWriter.State.START)) {
      int[] row = new int[config.seqLen()];
      int filled = 0;
      for (var segment : plan.segments()) {
        try (var tokens = new PartStream.Reader(job, segment)) {
          for (int read = tokens.read(row, filled); read > 0; read = tokens.read(row, filled)) {
            filled += read;
            if (filled == row.length) {
              writer.write(row);
              filled = 0;
            }
          }
        }
      }
      var shard = writer.finish().getFirst();
      move(target.partial(plan.number()), job.out().resolve(shard.file()));
      return shard;
    } finally {
      AtomicFiles.deleteTree(folder);
    }
  }

  private Path partial(Path target) {
    return target.resolveSibling(target.getFileName() + "." + attempt + AtomicFiles.PARTIAL);
  }

  private void publish(Path target) throws IOException {
    move(partial(target), target);
  }

  private static void move(Path from, Path to) throws IOException {
    Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }
}
