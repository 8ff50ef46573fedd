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
import java.util.List;
import java.util.Map;

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
  private final Map<Split, Packer> open = new EnumMap<>(Split.class);
  private final Map<Split, Packer.State> resumed;
  private final MalformedRecords malformed;
  private final CorpusChecks checks;
  private long specials;
  private long cutTokens;
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
    this.resumed = new EnumMap<>(Split.class);
    this.resumed.putAll(progress.open());
    this.malformed = new MalformedRecords(config.maxBadLines(), progress.malformed(), listener);
    this.checks = new CorpusChecks(config, listener);
    this.specials = progress.specials();
  }

  /** Takes the documents of a batch. */
  void add(CorpusReader.Place place, TokenizedBatch batch) throws IOException {
    batch.malformed().forEach(record -> malformed.add(place.file(), record));
    batch.cut().forEach(record -> checks.cut(place.file(), record));
    for (int i = 0; i < batch.documents(); i++) {
      packer(place, batch.splits()[i]).add(batch, i);
    }
    tokens += batch.documents() == 0 ? 0 : batch.ends()[batch.documents() - 1];
    specials += batch.specials();
    cutTokens += batch.cutTokens();
    documentsInFile += batch.documents();
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
      for (var split : List.copyOf(resumed.keySet())) {
        packer(place, split);
      }
      endDomain(place);
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

  private Packer packer(CorpusReader.Place place, Split split) throws IOException {
    var packer = open.get(split);
    if (packer == null) {
      var target = ShardWriter.Target.of(folder, place.domain(), split, config, type);
      var state = resumed.remove(split);
      long most = config.maxSequences(split, place.file().split() == null);
      var start = state == null ? Packer.State.START : state;
      packer =
          config.conversations()
              ? new ConversationPacker(target, most, config.packing(), padding, start)
              : new SplitPacker(target, most, start);
      open.put(split, packer);
    }
    return packer;
  }

  private void endDomain(CorpusReader.Place place) throws IOException {
    var splits = new EnumMap<Split, Manifest.SplitData>(Split.class);
    var counts = new EnumMap<Split, CorpusChecks.Counts>(Split.class);
    for (var entry : open.entrySet()) {
      var data = entry.getValue().finish();
      splits.put(entry.getKey(), data);
      counts.put(
          entry.getKey(),
          new CorpusChecks.Counts(data.characters(), data.tokens(), data.sequences()));
    }
    checks.endDomain(place.domain(), counts);
    open.clear();
    finished.add(new Manifest.Domain(place.domain(), splits));
  }

  private void record(int files) throws IOException {
    var states = new EnumMap<Split, Packer.State>(Split.class);
    for (var entry : open.entrySet()) {
      states.put(entry.getKey(), entry.getValue().flush());
    }
    // A packer that nothing was added to since the resumption stands where it stood.
    states.putAll(resumed);
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
