package io.github.drprune.data.prepare;

import io.github.drprune.config.binding.ConfigLoader;
import io.github.drprune.conversation.ChatTemplate;
import io.github.drprune.data.Manifest;
import io.github.drprune.error.UserException;
import io.github.drprune.io.AtomicFiles;
import io.github.drprune.json.Json;
import io.github.drprune.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Makes a data folder out of a corpus. The bytes depend on the corpus, the tokenizer and the
 * settings alone, not on threads or interruptions; an interrupted preparation goes on after the
 * last input file recorded.
 */
public final class Prepare {
  private static final Duration RECORD_INTERVAL = Duration.ofSeconds(5);
  private static final Set<String> BEFORE_FIRST_PROGRESS =
      Set.of(OutputFolder.LOCK, AtomicFiles.partialOf(Path.of(Progress.FILE)).toString());

  private final Corpus corpus;
  private final Tokenizer tokenizer;
  private final PrepareConfig config;
  private final int threads;
  private final PrepareListener listener;
  private final Duration interval;
  private final ChatTemplate template; // null for text

  /** With a thread for each core. */
  public Prepare(
      Corpus corpus, Tokenizer tokenizer, PrepareConfig config, PrepareListener listener) {
    this(corpus, tokenizer, config, Runtime.getRuntime().availableProcessors(), listener);
  }

  /**
   * @param threads that tokenize; the bytes are the same for any number
   */
  public Prepare(
      Corpus corpus,
      Tokenizer tokenizer,
      PrepareConfig config,
      int threads,
      PrepareListener listener) {
    this(corpus, tokenizer, config, threads, listener, RECORD_INTERVAL);
  }

  Prepare(
      Corpus corpus,
      Tokenizer tokenizer,
      PrepareConfig config,
      int threads,
      PrepareListener listener,
      Duration interval) {
    ConfigLoader.check(config);
    corpus.requireFoundBy(config);
    this.corpus = corpus;
    this.tokenizer = tokenizer;
    this.config = config;
    this.threads = threads;
    this.listener = listener;
    this.interval = interval;
    this.template =
        config.conversations()
            ? ChatTemplate.of(tokenizer.file().resolveSibling(""), tokenizer, config.template())
            : null;
    config.dtype().ifPresent(type -> type.holding(tokenizer.size()));
  }

  /**
   * Fills {@code out}, which is new, empty, left by an interrupted call with the same arguments, or
   * already complete.
   */
  public Manifest into(Path out) throws IOException {
    try {
      return new OutputFolder(out).filled(() -> filled(out));
    } catch (OutOfMemoryError e) {
      throw new UserException(
          "%s: the records under way do not fit in the Java heap; enlarge it (-Xmx), use fewer threads or divide the longest records"
              .formatted(out),
          e);
    }
  }

  private Manifest filled(Path out) throws IOException {
    var folder = new OutputFolder(out);
    var identity = Manifest.TokenizerIdentity.of(tokenizer);
    var fingerprint =
        new Fingerprint(identity, config, template == null ? "" : template.source(), corpus);
    var complete = folder.complete(identity, fingerprint);
    if (complete.isPresent()) {
      if (!folder.isDamaged(complete.get(), listener)) {
        if (complete.get().lacksTemplate(out)) {
          writeTemplate(out);
        }
        Files.deleteIfExists(out.resolve(Progress.FILE));
        return complete.get();
      }
      // In this order: a folder with neither of them is not ours.
      Progress.start(fingerprint, identity).write(out);
      Files.delete(out.resolve(Manifest.FILE));
    }
    var progress = progress(folder, identity, fingerprint);
    CorpusChecks.begin(corpus, listener);
    try (var writer =
        new CorpusWriter(
            out, config, identity, fingerprint, listener, interval, padding(), progress)) {
      copy(writer, progress.files(), Spool.in(out));
      var domains = writer.finish();
      CorpusChecks.end(writer.specials(), listener);
      if (writer.cutTokens() > 0) {
        listener.warning(
            "%,d tokens of conversations longer than a sequence were cut off, whole turns where that is possible; choose longer sequences to keep them"
                .formatted(writer.cutTokens()));
      }
      return publish(out, identity, fingerprint, writer, domains);
    }
  }

  /**
   * The token that fills up sequences of conversations; none of its losses counts. The one that is
   * named for it may be of those that the model has no embedding for.
   */
  private int padding() {
    Integer eos = tokenizer.specialTokens().eos();
    return eos == null || tokenizer.beyond().has(eos) ? 0 : eos;
  }

  private void copy(CorpusWriter writer, int filesDone, Spool spool) throws IOException {
    record Done(CorpusReader.Step step, TokenizedBatch batch) {}
    var batches = new BatchTokenizer(tokenizer, config, template);
    long total = corpus.bytes();
    try (var reader = new CorpusReader(corpus, filesDone, config, spool);
        var pipeline = new OrderedPipeline(threads)) {
      pipeline.<CorpusReader.Step, Done>run(
          reader::next,
          step ->
              new Done(
                  step,
                  step.batch() == null
                      ? null
                      : batches.tokenize(step.place().file(), step.batch())),
          done -> {
            if (done.batch() == null) {
              writer.endFile(done.step().place());
            } else {
              writer.add(done.step().place(), done.batch());
            }
            listener.progress(done.step().position(), total, writer.documents(), writer.tokens());
          });
    }
  }

  private Manifest publish(
      Path out,
      Manifest.TokenizerIdentity identity,
      Fingerprint fingerprint,
      CorpusWriter writer,
      List<Manifest.Domain> domains)
      throws IOException {
    for (var domain : domains) {
      for (var data : domain.splits().values()) {
        for (var shard : data.files()) {
          ShardWriter.publish(out, shard);
        }
      }
    }
    var manifest =
        new Manifest(
            Manifest.FORMAT,
            Manifest.VERSION,
            identity,
            writer.seqLen(),
            writer.type(),
            fingerprint.complete(),
            writer.malformed(),
            writer.specials(),
            domains);
    // An earlier attempt can have seen more of a file that has changed since.
    deletePartials(out);
    if (template != null) {
      writeTemplate(out);
    }
    AtomicFiles.text(out.resolve(Manifest.FILE), Json.pretty(manifest));
    Files.deleteIfExists(out.resolve(Progress.FILE));
    return manifest;
  }

  /** What is tuned on the conversations is to be asked by the same. */
  private void writeTemplate(Path out) throws IOException {
    AtomicFiles.text(out.resolve(ChatTemplate.FILE), template.source());
  }

  private Progress progress(
      OutputFolder folder, Manifest.TokenizerIdentity identity, Fingerprint fingerprint)
      throws IOException {
    Path out = folder.path();
    var earlier = Progress.read(out);
    var start = Progress.start(fingerprint, identity);
    if (earlier.isPresent() && earlier.get().files() > 0) {
      earlier.get().requireSame(fingerprint, identity.sha256(), folder);
      return earlier.get();
    }
    if (earlier.isPresent()) {
      // Nothing was finished, so nothing is lost by starting over with whatever is asked now.
      deletePartials(out);
      start.write(out);
      return start;
    }
    folder.requireNothingBut(BEFORE_FIRST_PROGRESS);
    start.write(out);
    return start;
  }

  private static void deletePartials(Path out) throws IOException {
    List<Path> folders = new ArrayList<>();
    try (var files = Files.walk(out)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        if (file.getFileName().toString().endsWith(".npy" + AtomicFiles.PARTIAL)) {
          Files.delete(file);
          folders.add(file.getParent());
        }
      }
    }
    for (Path folder : folders) {
      String[] left = folder.toFile().list();
      if (left != null && left.length == 0) { // of a domain that was left out
        Files.delete(folder);
      }
    }
  }
}
