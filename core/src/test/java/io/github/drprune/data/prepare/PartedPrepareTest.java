package io.github.drprune.data.prepare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.drprune.data.Manifest;
import io.github.drprune.error.UserException;
import io.github.drprune.io.AtomicFiles;
import io.github.drprune.json.Json;
import io.github.drprune.tokenizer.TinyTokenizer;
import io.github.drprune.tokenizer.Tokenizer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A preparation in parts gives the bytes of one that is not. */
class PartedPrepareTest {
  @TempDir private Path folder;
  private Path tokenizer;
  private Path corpus;

  @BeforeEach
  void write() throws IOException {
    tokenizer = TinyTokenizer.write(folder.resolve("tokenizer"));
    corpus = Corpora.corpus(folder.resolve("corpus"));
  }

  /** Pieces in a random order, each by two attempts at once; all that passes is JSON. */
  static class Crowd implements PartWorkers {
    private final AtomicInteger attempts = new AtomicInteger();
    private FileTime kept; // when the first part's result was written

    @Override
    public List<PartTokens> tokenize(
        PartedJob job, List<CorpusPart> parts, PartWork.Progress progress) {
      return each(
          parts,
          part ->
              attempt(job)
                  .tokenize(sent(part, CorpusPart.class), Storage.LOCAL, (_, _, _, _) -> {}),
          PartTokens.class);
    }

    @Override
    public List<Manifest.Shard> join(PartedJob job, List<ShardPlan> plans) throws IOException {
      kept = Files.getLastModifiedTime(job.result(0));
      return each(
          plans, plan -> attempt(job).join(sent(plan, ShardPlan.class)), Manifest.Shard.class);
    }

    private PartWork attempt(PartedJob job) {
      return new PartWork(sent(job, PartedJob.class), "a" + attempts.getAndIncrement());
    }

    @FunctionalInterface
    interface Piece<I, O> {
      O of(I item) throws IOException;
    }

    private <I, O> List<O> each(List<I> items, Piece<I, O> piece, Class<O> type) {
      List<Integer> order =
          new ArrayList<>(IntStream.range(0, 2 * items.size()).map(i -> i / 2).boxed().toList());
      Collections.shuffle(order, new Random(items.size()));
      var results = Collections.synchronizedMap(new TreeMap<Integer, O>());
      order.parallelStream()
          .forEach(
              i -> {
                try {
                  O earlier = results.put(i, sent(piece.of(items.get(i)), type));
                  assertThat(earlier).isIn(null, results.get(i));
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
      return List.copyOf(results.values());
    }

    private static <T> T sent(T value, Class<T> type) {
      return Json.read(Json.line(value), type, "sent");
    }
  }

  private Manifest inParts(PrepareConfig config, long bytes, String out, PartWorkers workers)
      throws IOException {
    return inParts(config, bytes, out, workers, PrepareListener.SILENT);
  }

  private Manifest inParts(
      PrepareConfig config, long bytes, String out, PartWorkers workers, PrepareListener listener)
      throws IOException {
    try (var loaded = Tokenizer.load(tokenizer)) {
      return new PartedPrepare(CorpusFinder.in(corpus), loaded, config, bytes, listener)
          .into(folder.resolve(out), workers);
    }
  }

  private Map<String, String> whole(PrepareConfig config, Corpora.Warnings warnings)
      throws IOException {
    Path out = folder.resolve("whole");
    try (var loaded = Tokenizer.load(tokenizer)) {
      new Prepare(CorpusFinder.in(corpus), loaded, config, 1, warnings).into(out);
    }
    return Corpora.hashes(out);
  }

  private static Path resource(String name) throws URISyntaxException {
    return Path.of(PartedPrepareTest.class.getResource("/data/" + name).toURI());
  }

  @Test
  void sameBytesForPartsOfAnySize() throws Exception {
    Files.createDirectories(corpus.resolve("books"));
    for (String name : List.of("snappy.parquet", "zstd.parquet")) {
      Files.copy(resource(name), corpus.resolve("books").resolve(name));
    }
    // Past a document's length for its spaces alone, so that little is tokenized.
    String longLine = "{" + " ".repeat(LongText.LONGEST_DOCUMENT) + "\"text\": \"far behind\"}\n";
    Path notes = Files.createDirectories(corpus.resolve("notes"));
    Files.writeString(notes.resolve("a.jsonl"), longLine + "{\"text\": \"end\"}\n" + longLine);
    Files.writeString(notes.resolve("b.txt"), "plain text of a file\n".repeat(800));
    Files.writeString(notes.resolve("c.jsonl"), "\uFEFF{\"text\": \"marked\"}\n\n".repeat(300));
    Files.writeString(notes.resolve("d.jsonl"), "{\"text\": \"no line end\"}");
    var config = Corpora.config();
    var warnings = new Corpora.Warnings();
    var expected = whole(config, warnings);
    assertThat(warnings.lines).anyMatch(line -> line.contains("snappy.parquet:3: "));
    for (long bytes : new long[] {5_003, 60_000, 1L << 40}) {
      var told = new Corpora.Warnings();
      inParts(config, bytes, "parts-" + bytes, new Crowd(), told);
      assertThat(Corpora.hashes(folder.resolve("parts-" + bytes)))
          .as("parts of %d bytes", bytes)
          .isEqualTo(expected);
      assertThat(told.lines).containsExactlyInAnyOrderElementsOf(warnings.lines);
    }
  }

  @Test
  void documentsAndSequencesCanBeLimited() throws IOException {
    var config =
        PrepareConfig.of(
            "seq_len=8",
            "eval_fraction=0.3",
            "eval_sequences=9",
            "share=0.2:0.9",
            "tokens=4000",
            "shard_mib=0.01",
            "dtype=uint32");
    var expected = whole(config, new Corpora.Warnings());
    inParts(config, 20_000, "out", new Crowd());
    assertThat(Corpora.hashes(folder.resolve("out"))).isEqualTo(expected);
  }

  @Test
  void goesOnWithThePartsThatAreLeft() throws IOException {
    var config = Corpora.config();
    var expected = whole(config, new Corpora.Warnings());
    var first =
        new Crowd() {
          @Override
          public List<PartTokens> tokenize(
              PartedJob job, List<CorpusPart> parts, PartWork.Progress progress) {
            super.tokenize(job, parts.subList(0, parts.size() / 2), progress);
            throw new IllegalStateException("interrupted");
          }
        };
    assertThatThrownBy(() -> inParts(config, 5_000, "out", first))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> inParts(config, 6_000, "out", new Crowd()))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("unfinished data of other settings");
    var second = new Crowd();
    Path done = folder.resolve("out/_parts/000000.json");
    var marked = FileTime.fromMillis(1_000);
    Files.setLastModifiedTime(done, marked);
    inParts(config, 5_000, "out", second);
    assertThat(second.kept).isEqualTo(marked);
    assertThat(Corpora.hashes(folder.resolve("out"))).isEqualTo(expected);
    // Complete data are left alone.
    inParts(config, 5_000, "out", null);
    // Unless they lost a file.
    Files.delete(folder.resolve("out/web/train-00003.npy"));
    inParts(config, 5_000, "out", new Crowd());
    assertThat(Corpora.hashes(folder.resolve("out"))).isEqualTo(expected);
  }

  @Test
  void aCorpusThatChangesIsRefused() throws IOException {
    var config = Corpora.config();
    Path file = corpus.resolve("code.jsonl");
    var meanwhile =
        new Crowd() {
          @Override
          public List<PartTokens> tokenize(
              PartedJob job, List<CorpusPart> parts, PartWork.Progress progress) {
            try {
              Files.writeString(file, "{\"text\": \"more\"}\n", StandardOpenOption.APPEND);
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
            return super.tokenize(job, parts, progress);
          }
        };
    assertThatThrownBy(() -> inParts(config, 60_000, "out", meanwhile))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(file + ": has changed since the preparation began; delete ");
    assertThatThrownBy(() -> inParts(config, 60_000, "out", new Crowd()))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("out: holds unfinished data of other settings or other input");
    var expected = whole(config, new Corpora.Warnings());
    inParts(config, 60_000, "anew", new Crowd());
    assertThat(Corpora.hashes(folder.resolve("anew"))).isEqualTo(expected);
  }

  /** Processes of other locales must agree on them. */
  @Test
  void namesOfPartsDoNotFollowTheLocale() {
    Locale before = Locale.getDefault();
    Locale.setDefault(Locale.forLanguageTag("ar-EG"));
    try {
      var job = new PartedJob(folder, List.of(), null);
      assertThat(job.tokens(12, 3)).hasFileName("000012-3.tokens");
      assertThat(job.result(12)).hasFileName("000012.json");
    } finally {
      Locale.setDefault(before);
    }
  }

  /** What cannot be written is no damage of the input. */
  @Test
  void tokensThatCannotBeWrittenAreNotBlamedOnTheInput() throws IOException {
    var blocked =
        new Crowd() {
          @Override
          public List<PartTokens> tokenize(
              PartedJob job, List<CorpusPart> parts, PartWork.Progress progress) {
            Path tokens = job.tokens(0, 0);
            Path taken = tokens.resolveSibling(tokens.getFileName() + ".x" + AtomicFiles.PARTIAL);
            assertThatThrownBy(
                    () -> {
                      Files.createFile(taken);
                      new PartWork(job, "x")
                          .tokenize(parts.getFirst(), Storage.LOCAL, (_, _, _, _) -> {});
                    })
                .isInstanceOf(FileAlreadyExistsException.class)
                .hasMessage(taken.toString());
            return super.tokenize(job, parts, progress);
          }
        };
    inParts(Corpora.config(), 60_000, "out", blocked);
  }

  @Test
  void malformedLinesAreCountedOverAllParts() throws IOException {
    Path file = corpus.resolve("code.jsonl");
    var lines = new ArrayList<>(Files.readAllLines(file));
    for (int line : new int[] {3, 77, 150, 151, 299}) {
      lines.set(line, "{");
    }
    Files.write(file, lines);
    var config = PrepareConfig.of("seq_len=32", "eval_fraction=0.1", "max_bad_lines=5");
    var warnings = new Corpora.Warnings();
    var expected = whole(config, warnings);
    var told = new Corpora.Warnings();
    inParts(config, 2_000, "out", new Crowd(), told);
    assertThat(Corpora.hashes(folder.resolve("out"))).isEqualTo(expected);
    assertThat(told.lines)
        .anyMatch(line -> line.startsWith("skipped %s:152: ".formatted(file)))
        .isEqualTo(warnings.lines);
    assertThatThrownBy(
            () ->
                inParts(
                    PrepareConfig.of("seq_len=32", "eval_fraction=0.1", "max_bad_lines=4"),
                    2_000,
                    "few",
                    new Crowd()))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("5 malformed records, more than the 4 allowed")
        .hasMessageContaining("code.jsonl:78:");
    // More are allowed now, and what was tokenized is still there.
    inParts(config, 2_000, "few", new Crowd());
    assertThat(Corpora.hashes(folder.resolve("few"))).isEqualTo(expected);
  }

  @Test
  void conversationsAreRefused() {
    assertThatThrownBy(
            () ->
                inParts(
                    PrepareConfig.of("seq_len=32", "conversations=true"), 1, "out", new Crowd()))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("conversations");
  }

  @Test
  void aFolderThatIsNotSharedIsRefused() throws IOException {
    var elsewhere = new PartedJob(folder.resolve("elsewhere"), List.of("seq_len=8"), null);
    assertThatThrownBy(() -> new PartWork(elsewhere, "a"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("all machines share");
  }

  @Test
  void rangesSideBySideGiveEveryLineOnce() throws IOException {
    Path file = folder.resolve("lines");
    var random = new Random(4);
    for (int trial = 0; trial < 200; trial++) {
      byte[] bytes = new byte[random.nextInt(60)];
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] = (byte) (random.nextInt(4) == 0 ? '\n' : 'a' + i % 26);
      }
      Files.write(file, bytes);
      int size = 1 + random.nextInt(20);
      var joined = new ByteArrayOutputStream();
      for (int from = 0; from < bytes.length; from += size) {
        int to = Math.min(bytes.length, from + size);
        try (var range = new LineRange(Files.newByteChannel(file), from, to)) {
          byte[] lines = range.readAllBytes();
          int end = joined.size() + lines.length;
          joined.write(lines);
          assertThat(lines.length == 0 || lines[lines.length - 1] == '\n' || end == bytes.length)
              .isTrue();
        }
      }
      assertThat(joined.toByteArray()).isEqualTo(bytes);
    }
  }
}
