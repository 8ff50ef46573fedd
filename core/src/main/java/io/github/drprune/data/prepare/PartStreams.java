package io.github.drprune.data.prepare;

import io.github.drprune.data.Manifest;
import io.github.drprune.data.Split;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.TreeMap;

/** What the parts of a corpus gave, joined by domain and split in the order of the input. */
final class PartStreams {
  /** The tokens of a split, part after part. */
  static final class Joined {
    private final long maxSequences; // 0 for all
    private final List<ShardPlan.Segment> segments = new ArrayList<>();
    private PartTokens.Stream counts = PartTokens.Stream.NONE;

    private Joined(long maxSequences) {
      this.maxSequences = maxSequences;
    }

    private void add(int part, int number, PartTokens.Stream stream) {
      segments.add(new ShardPlan.Segment(part, number, 0, stream.tokens()));
      counts = counts.plus(stream);
    }

    private long sequences(int seqLen) {
      long whole = counts.tokens() / seqLen;
      return maxSequences == 0 ? whole : Math.min(whole, maxSequences);
    }

    /** What the manifest says of it. */
    Manifest.SplitData data(int seqLen, List<Manifest.Shard> shards) {
      return new Manifest.SplitData(
          counts.documents(),
          counts.characters(),
          counts.tokens(),
          counts.tokens() - sequences(seqLen) * seqLen,
          shards);
    }
  }

  private final Corpus corpus;
  private final PrepareConfig config;
  private final List<CorpusPart> parts;
  private final List<PartTokens> tokens;
  private final SequencedMap<String, Map<Split, Joined>> domains;

  /**
   * @param tokens of the parts, in their order
   */
  PartStreams(
      Corpus corpus, PrepareConfig config, List<CorpusPart> parts, List<PartTokens> tokens) {
    this.corpus = corpus;
    this.config = config;
    this.parts = parts;
    this.tokens = tokens;
    this.domains = corpus.isMixed() ? new TreeMap<>() : new LinkedHashMap<>();
    for (var domain : corpus.domains()) {
      if (domain.name() != null) {
        domains.put(domain.name(), new EnumMap<>(Split.class));
      }
    }
    for (int i = 0; i < parts.size(); i++) {
      join(parts.get(i), tokens.get(i));
      DomainName.requireFew(domains.size(), config);
    }
  }

  private void join(CorpusPart part, PartTokens given) {
    boolean chosenHere = part.slices().stream().anyMatch(slice -> slice.file().split() == null);
    for (int number = 0; number < given.streams().size(); number++) {
      var stream = given.streams().get(number);
      domains
          .computeIfAbsent(stream.to().domain(), _ -> new EnumMap<>(Split.class))
          .computeIfAbsent(
              stream.to().split(), split -> new Joined(config.maxSequences(split, chosenHere)))
          .add(part.number(), number, stream.counts());
    }
  }

  /** The domains that stay, in their order, with their splits. */
  SequencedMap<String, Map<Split, Joined>> domains() {
    return Collections.unmodifiableSequencedMap(domains);
  }

  /**
   * Refuses what cannot be trained on, and warns of what is odd.
   *
   * @return how many records were skipped
   */
  long check(PrepareListener listener) {
    var malformed = new MalformedRecords(config.maxBadLines(), 0, listener);
    var checks = new CorpusChecks(config, listener);
    for (var domain : corpus.domains()) {
      var files = new FileChecks(malformed, checks);
      for (int i = 0; i < parts.size(); i++) {
        if (Objects.equals(parts.get(i).domain(), domain.name())) {
          for (int k = 0; k < parts.get(i).slices().size(); k++) {
            files.add(parts.get(i).slices().get(k).file(), tokens.get(i).slices().get(k));
          }
        }
      }
      files.endFile();
      if (!corpus.isMixed()) {
        checks.endDomain(domain.name(), counts(domains.get(domain.name())));
      }
    }
    if (corpus.isMixed()) {
      domains
          .entrySet()
          .removeIf(domain -> !checks.endDomain(domain.getKey(), counts(domain.getValue())));
      checks.requireDomains(domains.keySet());
    }
    return malformed.count();
  }

  private Map<Split, CorpusChecks.Counts> counts(Map<Split, Joined> splits) {
    var counts = new EnumMap<Split, CorpusChecks.Counts>(Split.class);
    splits.forEach(
        (split, joined) ->
            counts.put(
                split,
                new CorpusChecks.Counts(
                    joined.counts.characters(),
                    joined.counts.tokens(),
                    joined.sequences(config.seqLen()))));
    return counts;
  }

  /** Goes through the slices of a domain's files, which know no records before their own. */
  private static final class FileChecks {
    private final MalformedRecords malformed;
    private final CorpusChecks checks;
    private InputFile file;
    private long records;
    private long documents;

    private FileChecks(MalformedRecords malformed, CorpusChecks checks) {
      this.malformed = malformed;
      this.checks = checks;
    }

    private void add(InputFile next, PartTokens.SliceCounts counts) {
      if (!next.equals(file)) {
        endFile();
        file = next;
        records = 0;
        documents = 0;
      }
      for (var record : counts.first()) {
        malformed.add(file, new TokenizedBatch.Malformed(records + record.record(), record.why()));
      }
      malformed.add(counts.malformed() - counts.first().size());
      for (var record : counts.cut()) {
        checks.cut(
            file,
            new TokenizedBatch.Cut(records + record.record(), record.characters(), record.to()));
      }
      records += counts.records();
      documents += counts.documents();
    }

    private void endFile() {
      if (file != null && documents == 0) {
        checks.noDocuments(file);
      }
    }
  }

  /**
   * The shards to make, by domain, split and number.
   *
   * @param rowsPerShard the most sequences of a shard
   */
  List<ShardPlan> plans(long rowsPerShard) {
    List<ShardPlan> plans = new ArrayList<>();
    domains.forEach(
        (domain, splits) ->
            splits.forEach(
                (split, joined) -> {
                  var cutter = new Cutter(joined.segments);
                  long left = joined.sequences(config.seqLen());
                  for (int number = 0; left > 0; number++) {
                    long rows = Math.min(left, rowsPerShard);
                    plans.add(
                        new ShardPlan(
                            new DomainSplit(domain, split),
                            number,
                            rows,
                            cutter.next(rows * config.seqLen())));
                    left -= rows;
                  }
                }));
    return plans;
  }

  /** Cuts segments in a row into runs of so many tokens. */
  private static final class Cutter {
    private final List<ShardPlan.Segment> segments;
    private int at;
    private long used;

    private Cutter(List<ShardPlan.Segment> segments) {
      this.segments = segments;
    }

    private List<ShardPlan.Segment> next(long tokens) {
      List<ShardPlan.Segment> run = new ArrayList<>();
      for (long left = tokens; left > 0; ) {
        var segment = segments.get(at);
        long taken = Math.min(left, segment.tokens() - used);
        run.add(new ShardPlan.Segment(segment.part(), segment.stream(), used, taken));
        left -= taken;
        used += taken;
        if (used == segment.tokens()) {
          at++;
          used = 0;
        }
      }
      return run;
    }
  }
}
