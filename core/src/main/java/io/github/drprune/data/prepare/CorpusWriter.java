package io.github.drprune.data.prepare;

import io.github.drprune.data.Manifest;
import io.github.drprune.data.Split;
import io.github.drprune.data.TokenType;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** Packs tokenized batches in the order of the input, and records how far it got. */
final class CorpusWriter implements Closeable {
  private final Path folder;
  private final PrepareConfig config;
  private final TokenType type;
  private final String tokenizer;
  private final Fingerprint fingerprint;
  private final PrepareListener listener;
  private final Duration interval;
  private final int padding;

  private final List<Manifest.Domain> finished;
  private final Map<DomainSplit, Packer> open = new HashMap<>();
  private final Map<DomainSplit, Packer.State> resumed = new HashMap<>();
  private final SortedSet<String> names = new TreeSet<>(); // of the domains that are not finished
  private final MalformedRecords malformed;
  private final CorpusChecks checks;
  private long specials;
  private long cutTokens;
  private long documents;
  private long tokens;
  private long documentsInFile;
  private long recorded = System.nanoTime();

  /**
   * @param interval the least time between two records of the progress, which cost a flush to the
   *     disk
   * @param padding the token that fills up sequences of conversations
   */
  CorpusWriter(
      Path folder,
      PrepareConfig config,
      Manifest.TokenizerIdentity tokenizer,
      Fingerprint fingerprint,
      PrepareListener listener,
      Duration interval,
      int padding,
      Progress progress) {
    this.folder = folder;
    this.config = config;
    this.type = config.type(tokenizer.size());
    this.tokenizer = tokenizer.sha256();
    this.fingerprint = fingerprint;
    this.listener = listener;
    this.interval = interval;
    this.padding = padding;
    this.finished = new ArrayList<>(progress.finished());
    progress
        .open()
        .forEach(
            (domain, splits) ->
                splits.forEach(
                    (split, state) -> resumed.put(new DomainSplit(domain, split), state)));
    this.names.addAll(progress.open().keySet());
    this.malformed = new MalformedRecords(config.maxBadLines(), progress.malformed(), listener);
    this.checks = new CorpusChecks(config, listener);
    this.specials = progress.specials();
  }

  /** Takes the documents of a batch. */
  void add(CorpusReader.Place place, TokenizedBatch batch) throws IOException {
    batch.malformed().forEach(record -> malformed.add(place.file(), record));
    batch.cut().forEach(record -> checks.cut(place.file(), record));
    for (int i = 0; i < batch.documents(); i++) {
      packer(place, batch.to()[i]).add(batch, i);
    }
    tokens += batch.documents() == 0 ? 0 : batch.ends()[batch.documents() - 1];
    specials += batch.specials();
    cutTokens += batch.cutTokens();
    documentsInFile += batch.documents();
    documents += batch.documents();
  }

  /** Takes note that a file is done. */
  void endFile(CorpusReader.Place place) throws IOException {
    if (documentsInFile == 0) {
      checks.noDocuments(place.file());
    }
    documentsInFile = 0;
    for (var packer : open.values()) {
      packer.endFile();
    }
    if (place.lastOfDomain()) {
      // The state of a domain resumed after its last document lies in 'resumed' alone.
      for (var to : List.copyOf(resumed.keySet())) {
        packer(place, to);
      }
      if (place.domain() == null) {
        for (String name : names) {
          endDomain(name);
        }
        checks.requireDomains(finished);
      } else {
        endDomain(place.domain());
      }
      open.clear();
      names.clear();
    }
    if (System.nanoTime() - recorded >= interval.toNanos()) {
      record(place.index() + 1);
      recorded = System.nanoTime();
    }
  }

  /** Records the end of the input and returns all domains. */
  List<Manifest.Domain> finish() throws IOException {
    record(fingerprint.files());
    return List.copyOf(finished);
  }

  /** Documents taken so far. */
  long documents() {
    return documents;
  }

  /** Tokens taken so far, marks included. */
  long tokens() {
    return tokens;
  }

  /** Tokens of a sequence. */
  int seqLen() {
    return config.seqLen();
  }

  /** How tokens are stored. */
  TokenType type() {
    return type;
  }

  @Override
  public void close() throws IOException {
    for (var packer : open.values()) {
      packer.close();
    }
  }

  private Packer packer(CorpusReader.Place place, DomainSplit to) throws IOException {
    var packer = open.get(to);
    if (packer == null) {
      if (names.add(to.domain())) {
        DomainName.requireFew(names.size(), config);
      }
      var target = ShardWriter.Target.of(folder, to, config, type);
      var state = resumed.remove(to);
      long most = config.maxSequences(to.split(), place.file().split() == null);
      var start = state == null ? Packer.State.START : state;
      packer =
          config.conversations()
              ? new ConversationPacker(target, most, config.packing(), padding, start)
              : new SplitPacker(target, most, start);
      open.put(to, packer);
    }
    return packer;
  }

  private void endDomain(String domain) throws IOException {
    var splits = new EnumMap<Split, Manifest.SplitData>(Split.class);
    var counts = new EnumMap<Split, CorpusChecks.Counts>(Split.class);
    for (Split split : Split.values()) {
      var packer = open.get(new DomainSplit(domain, split));
      if (packer != null) {
        var data = packer.finish();
        splits.put(split, data);
        counts.put(
            split, new CorpusChecks.Counts(data.characters(), data.tokens(), data.sequences()));
      }
    }
    if (checks.endDomain(domain, counts)) {
      finished.add(new Manifest.Domain(domain, splits));
    }
  }

  private void record(int files) throws IOException {
    var states = new TreeMap<String, Map<Split, Packer.State>>();
    for (var entry : open.entrySet()) {
      put(states, entry.getKey(), entry.getValue().flush());
    }
    // A packer that nothing was added to since the resumption stands where it stood.
    resumed.forEach((to, state) -> put(states, to, state));
    new Progress(
            fingerprint.after(files),
            tokenizer,
            files,
            malformed.count(),
            specials,
            finished,
            states)
        .write(folder);
  }

  private static void put(
      Map<String, Map<Split, Packer.State>> states, DomainSplit to, Packer.State state) {
    states.computeIfAbsent(to.domain(), _ -> new EnumMap<>(Split.class)).put(to.split(), state);
  }

  /** Special tokens in the text of the whole input, earlier attempts included. */
  long specials() {
    return specials;
  }

  /** Tokens of conversations that were cut off since the preparation last went on. */
  long cutTokens() {
    return cutTokens;
  }

  /** Records skipped in the whole input, earlier attempts included. */
  long malformed() {
    return malformed.count();
  }
}
