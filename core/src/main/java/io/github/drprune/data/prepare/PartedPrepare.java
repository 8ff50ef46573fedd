package io.github.drprune.data.prepare;

import io.github.drprune.config.binding.ConfigLoader;
import io.github.drprune.data.Manifest;
import io.github.drprune.data.Split;
import io.github.drprune.error.UserException;
import io.github.drprune.io.AtomicFiles;
import io.github.drprune.json.Json;
import io.github.drprune.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * As {@link Prepare}, the work done in parts by processes that share a file system, with the same
 * bytes. First each part of the input is tokenized, into a stream of tokens for each split; then
 * shards are cut from the streams, joined in the order of the input. An interrupted preparation
 * goes on with the parts that are not tokenized yet.
 */
public final class PartedPrepare {
  /** What an unfinished preparation was begun with. */
  private record Begun(String fingerprint, long partBytes) {
    private static final String FILE = "begun.json";
  }

  private final Corpus corpus;
  private final Tokenizer tokenizer;
  private final PrepareConfig config;
  private final long partBytes;
  private final PrepareListener listener;

  /**
   * @param partBytes input of a part, about
   */
  public PartedPrepare(
      Corpus corpus,
      Tokenizer tokenizer,
      PrepareConfig config,
      long partBytes,
      PrepareListener listener) {
    ConfigLoader.check(config);
    corpus.requireFoundBy(config);
    if (config.conversations()) {
      throw UserException.at(
          "conversations", "are not prepared in parts", "have them prepared by 'drprune prepare'");
    }
    if (partBytes < 1) {
      throw new IllegalArgumentException("parts of %d bytes".formatted(partBytes));
    }
    config.dtype().ifPresent(type -> type.holding(tokenizer.size()));
    this.corpus = corpus;
    this.tokenizer = tokenizer;
    this.config = config;
    this.partBytes = partBytes;
    this.listener = listener;
  }

  /**
   * Fills {@code out}, which all of {@code workers} see, and which is new, empty, left by an
   * interrupted call with the same arguments, or already complete.
   */
  public Manifest into(Path out, PartWorkers workers) throws IOException {
    return new OutputFolder(out).filled(() -> filled(out, workers));
  }

  private Manifest filled(Path out, PartWorkers workers) throws IOException {
    var folder = new OutputFolder(out);
    var identity = Manifest.TokenizerIdentity.of(tokenizer);
    var fingerprint = new Fingerprint(identity, config, "", corpus);
    var job = PartedJob.of(out, config, tokenizer);
    var complete = folder.complete(identity, fingerprint);
    if (complete.isPresent() && !folder.isDamaged(complete.get(), listener)) {
      job.deleteStaging();
      return complete.get();
    }
    begin(folder, job, new Begun(fingerprint.complete(), partBytes), complete.isPresent());
    CorpusChecks.begin(corpus, listener);
    var parts = CorpusPart.of(corpus, partBytes);
    var tokens = workers.tokenize(job, parts, progress());
    var streams = new PartStreams(corpus, config, parts, tokens);
    var malformed = streams.check(listener);
    for (String domain : streams.domains().keySet()) {
      Files.createDirectories(out.resolve(domain));
    }
    List<Manifest.Domain> domains = join(job, streams, workers);
    long specials = tokens.stream().mapToLong(PartTokens::specials).sum();
    CorpusChecks.end(specials, listener);
    var manifest =
        new Manifest(
            Manifest.FORMAT,
            Manifest.VERSION,
            identity,
            config.seqLen(),
            job.type(),
            fingerprint.complete(),
            malformed,
            specials,
            domains);
    AtomicFiles.text(out.resolve(Manifest.FILE), Json.pretty(manifest));
    job.deleteStaging();
    return manifest;
  }

  /**
   * Makes the folder for what the parts give, unless it is there from an earlier call.
   *
   * @param again whether data that lost files is replaced
   */
  private void begin(OutputFolder folder, PartedJob job, Begun begun, boolean again)
      throws IOException {
    Path mark = job.staging().resolve(Begun.FILE);
    if (!again && Files.exists(mark)) {
      if (!Json.read(mark, Begun.class).equals(begun)) {
        throw folder.begunOtherwise();
      }
      return;
    }
    job.deleteStaging(); // nothing was begun there
    if (!again) {
      folder.requireNothingBut(Set.of(OutputFolder.LOCK));
    }
    Files.createDirectories(job.tokenizer());
    tokenizer.copyTo(job.tokenizer());
    AtomicFiles.text(mark, Json.line(begun));
    Files.deleteIfExists(folder.path().resolve(Manifest.FILE)); // of what is replaced
  }

  private PartWork.Progress progress() {
    long total = corpus.bytes();
    return new PartWork.Progress() {
      private long bytes;
      private long documents;
      private long tokens;

      @Override
      public void advanced(long moreBytes, long moreDocuments, long moreTokens, long malformed) {
        bytes += moreBytes;
        documents += moreDocuments;
        tokens += moreTokens;
        // Work that is done twice counts twice until its end.
        listener.progress(Math.min(bytes, total), total, documents, tokens);
      }
    };
  }

  private List<Manifest.Domain> join(PartedJob job, PartStreams streams, PartWorkers workers)
      throws IOException {
    List<ShardPlan> plans = streams.plans(config.rowsPerShard(job.type()));
    List<Manifest.Shard> shards = workers.join(job, plans);
    Map<DomainSplit, List<Manifest.Shard>> written = new HashMap<>();
    for (int i = 0; i < plans.size(); i++) {
      written.computeIfAbsent(plans.get(i).to(), _ -> new ArrayList<>()).add(shards.get(i));
    }
    List<Manifest.Domain> domains = new ArrayList<>();
    streams
        .domains()
        .forEach(
            (domain, joined) -> {
              Map<Split, Manifest.SplitData> splits = new EnumMap<>(Split.class);
              joined.forEach(
                  (split, stream) ->
                      splits.put(
                          split,
                          stream.data(
                              config.seqLen(),
                              written.getOrDefault(new DomainSplit(domain, split), List.of()))));
              domains.add(new Manifest.Domain(domain, splits));
            });
    return domains;
  }
}
