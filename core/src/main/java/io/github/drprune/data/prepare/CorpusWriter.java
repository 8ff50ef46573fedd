package io.github.drprune.data.prepare;

import io.github.drprune.data.Manifest;
import io.github.drprune.data.Split;
import io.github.drprune.data.TokenType;
import io.github.drprune.error.Printable;
import io.github.drprune.error.UserException;
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
  private static final int SHOWN = 5;

  /** The longest record of a split that was cut. */
  private record Large(InputFile file, TokenizedBatch.Cut cut) {}

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
  private final Map<Split, Large> largest = new EnumMap<>(Split.class);
  private final List<String> firstMalformed = new ArrayList<>();
  private long malformed;
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
    this.type = config.dtype().orElseGet(() -> TokenType.of(tokenizer.size()));
    this.tokenizer = tokenizer.sha256();
    this.fingerprint = fingerprint;
    this.listener = listener;
    this.interval = interval;
    this.padding = padding;
    this.finished = new ArrayList<>(progress.finished());
    this.resumed = new EnumMap<>(Split.class);
    this.resumed.putAll(progress.open());
    this.malformed = progress.malformed();
    this.specials = progress.specials();
  }

  /** Takes the documents of a batch. */
  void add(CorpusReader.Place place, TokenizedBatch batch) throws IOException {
    for (var record : batch.malformed()) {
      report(place.file(), record);
    }
    for (var record : batch.cut()) {
      largest.merge(
          record.split(),
          new Large(place.file(), record),
          (a, b) -> a.cut().characters() >= b.cut().characters() ? a : b);
    }
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
      listener.warning(place.file().path() + ": holds no documents");
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
      long rowBytes = (long) config.seqLen() * type.bytes();
      var target =
          new ShardWriter.Target(
              folder,
              place.domain() + "/" + split,
              "",
              type,
              config.seqLen(),
              Math.max(1, config.shardBytes() / rowBytes));
      boolean chosenHere = split == Split.EVAL && place.file().split() == null;
      var state = resumed.remove(split);
      long most = chosenHere ? config.evalSequences() : 0;
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
    String domain = place.domain();
    if (open.isEmpty()) {
      throw new UserException(
          "domain '%s': no text in its files; add text or leave the domain out".formatted(domain));
    }
    var splits = new EnumMap<Split, Manifest.SplitData>(Split.class);
    for (var entry : open.entrySet()) {
      var data = entry.getValue().finish();
      splits.put(entry.getKey(), data);
      if (data.sequences() == 0) {
        tooLittle(domain, entry.getKey(), data);
      }
      var large = largest.get(entry.getKey());
      if (large != null && 2 * large.cut().characters() > data.characters()) {
        listener.warning(
            "%s:%d: this record alone is %d%% of the text of domain '%s' for %s; is it one document?"
                .formatted(
                    large.file().path(),
                    large.cut().record(),
                    100 * large.cut().characters() / data.characters(),
                    domain,
                    entry.getKey()));
      }
    }
    if (!splits.containsKey(Split.EVAL)) {
      listener.warning(
          "domain '%s': no held-out text, which pruning and training need to weigh domains; add text, a file called eval, or hold out a larger fraction"
              .formatted(domain));
    }
    open.clear();
    largest.clear();
    finished.add(new Manifest.Domain(domain, splits));
  }

  private void tooLittle(String domain, Split split, Manifest.SplitData data) {
    String line =
        "domain '%s': %,d tokens for %s, fewer than one sequence of %,d; add text or choose shorter sequences"
            .formatted(domain, data.tokens(), split, config.seqLen());
    if (split == Split.TRAIN) {
      throw new UserException(line);
    }
    listener.warning(line);
  }

  private void record(int files) throws IOException {
    var states = new EnumMap<Split, Packer.State>(Split.class);
    for (var entry : open.entrySet()) {
      states.put(entry.getKey(), entry.getValue().flush());
    }
    // A packer that nothing was added to since the resumption stands where it stood.
    states.putAll(resumed);
    new Progress(fingerprint.after(files), tokenizer, files, malformed, specials, finished, states)
        .write(folder);
  }

  private void report(InputFile file, TokenizedBatch.Malformed record) {
    malformed++;
    String line = "%s:%d: %s".formatted(file.path(), record.record(), Printable.line(record.why()));
    if (firstMalformed.size() < SHOWN) {
      firstMalformed.add(line);
      listener.warning("skipped " + line);
    }
    if (malformed > config.maxBadLines()) {
      throw new UserException(
          "%,d malformed records, more than the %,d allowed; mend them or allow more; the first: %s"
              .formatted(malformed, config.maxBadLines(), String.join("; ", firstMalformed)));
    }
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
    return malformed;
  }
}
