package io.github.drprune.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.drprune.cluster.SparkApplication;
import io.github.drprune.data.PreparedData;
import io.github.drprune.data.Split;
import io.github.drprune.data.prepare.CorpusInput;
import io.github.drprune.data.prepare.Prepare;
import io.github.drprune.data.prepare.PrepareConfig;
import io.github.drprune.data.prepare.PrepareListener;
import io.github.drprune.data.prepare.Storage;
import io.github.drprune.demo.DemoCorpus;
import io.github.drprune.demo.DemoTokenizer;
import io.github.drprune.error.UserException;
import io.github.drprune.io.Sha256;
import io.github.drprune.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.spark.sql.SparkSession;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Preparation on a standalone cluster gives the bytes of {@code prepare}. */
class SparkPrepareTest {
  /** Of an executor in the middle. A longer check sets spark.kills. */
  private static final int KILLS = Integer.getInteger("spark.kills", 1);

  /** Of each file of the real corpus. The whole is a longer check. */
  private static final int DOCUMENTS = Integer.getInteger("spark.documents", 60);

  private static final PrepareConfig CONFIG =
      PrepareConfig.of("seq_len=64", "eval_fraction=0.05", "shard_mib=0.1");

  @TempDir private static Path folder;
  private static StandaloneCluster cluster;
  private static Path corpus;
  private static Path tokenizer;
  private static Map<String, String> expected;

  @BeforeAll
  static void start() throws Exception {
    corpus = folder.resolve("corpus");
    DemoCorpus.write(corpus, 200_000, 5);
    tokenizer = Files.createDirectories(folder.resolve("tokenizer"));
    DemoTokenizer.write(tokenizer);
    expected = prepared(corpus, tokenizer, CONFIG, "whole");
    cluster = new StandaloneCluster(folder.resolve("cluster"), 2, 2);
  }

  @AfterAll
  static void stop() {
    if (cluster != null) {
      cluster.close();
    }
  }

  /** What prepare makes of a corpus. */
  private static Map<String, String> prepared(
      Path input, Path model, PrepareConfig config, String name) throws IOException {
    Path out = folder.resolve(name);
    try (var loaded = Tokenizer.load(model)) {
      new Prepare(in(input).find(config, Storage.LOCAL), loaded, config, PrepareListener.SILENT)
          .into(out);
    }
    return hashes(out);
  }

  private static Map<String, String> hashes(Path out) throws IOException {
    var hashes = new TreeMap<String, String>();
    try (var files = Files.walk(out)) {
      for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
        hashes.put(out.relativize(file).toString(), Sha256.of(file));
      }
    }
    return hashes;
  }

  private static Map<String, String> onSpark(
      SparkApplication application,
      CorpusInput input,
      Path model,
      PrepareConfig config,
      long part,
      String name)
      throws IOException {
    Path out = folder.resolve(name);
    new SparkService()
        .prepare(application, input, model, config, part, out, PrepareListener.SILENT);
    return hashes(out);
  }

  /** An application in this process. */
  private static SparkApplication local(Map<String, String> more) {
    Map<String, String> settings = new TreeMap<>(more);
    settings.put("spark.ui.enabled", "false");
    settings.put("spark.log.level", "ERROR");
    return new SparkApplication(Optional.of("local[2]"), settings);
  }

  private static CorpusInput in(Path input) {
    return new CorpusInput(input.toString(), null);
  }

  @Test
  void anyNumberOfExecutorsGivesTheSameBytes() throws IOException {
    Map<String, String> speculation =
        Map.of(
            "spark.speculation", "true",
            "spark.speculation.interval", "10ms",
            "spark.speculation.multiplier", "1.01",
            "spark.speculation.quantile", "0.1",
            "spark.speculation.minTaskRuntime", "1ms");
    for (int executors : List.of(1, 2, 4)) {
      var application =
          cluster.application(
              executors, executors == 1 ? 2 : 1, executors == 1 ? Map.of() : speculation);
      assertThat(
              onSpark(
                  application,
                  in(corpus),
                  tokenizer,
                  CONFIG,
                  15_000 * executors,
                  "on-" + executors))
          .isEqualTo(expected);
    }
  }

  @Test
  void anExecutorThatIsKilledChangesNothing() throws Exception {
    for (int trial = 0; trial < KILLS; trial++) {
      String name = "killed-" + trial;
      int wanted = 2 + 5 * trial;
      Path parts = folder.resolve(name).resolve("_parts");
      killedAt(() -> count(parts, ".*\\d\\.json") >= wanted, trial % 2, CONFIG, name, expected);
    }
  }

  @Test
  void anExecutorThatIsKilledWhileItWritesShardsChangesNothing() throws Exception {
    var config = PrepareConfig.of("seq_len=64", "eval_fraction=0.05", "shard_mib=0.004");
    Map<String, String> shards = prepared(corpus, tokenizer, config, "whole-of-many");
    for (int trial = 0; trial < KILLS; trial++) {
      String name = "killed-late-" + trial;
      int wanted = 1 + 10 * trial;
      Path out = folder.resolve(name);
      killedAt(() -> count(out, ".*\\.npy") >= wanted, trial % 2, config, name, shards);
    }
  }

  /** Tells when something is to be done. */
  @FunctionalInterface
  private interface Moment {
    boolean hasCome() throws IOException;
  }

  private static void killedAt(
      Moment moment, int victim, PrepareConfig config, String name, Map<String, String> hashes)
      throws Exception {
    var result =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return onSpark(
                    cluster.application(2, 1, Map.of()),
                    in(corpus),
                    tokenizer,
                    config,
                    10_000,
                    name);
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
    while (!moment.hasCome()) {
      assertThat(result).as("tasks end before the executor does").isNotDone();
      TimeUnit.MILLISECONDS.sleep(5);
    }
    assertThat(cluster.executors().get(victim).destroyForcibly()).isTrue();
    assertThat(result).as("the preparation ends before the executor does").isNotDone();
    assertThat(result.get(3, TimeUnit.MINUTES)).isEqualTo(hashes);
  }

  /** Files below a folder, where it is there, whose names match. */
  private static long count(Path within, String pattern) throws IOException {
    if (!Files.isDirectory(within)) {
      return 0;
    }
    try (var files = Files.find(within, 2, (path, _) -> path.toString().matches(pattern))) {
      return files.count();
    } catch (UncheckedIOException e) {
      return 0; // a file went while it was looked at
    }
  }

  @Test
  void realTextOfSevenDomainsAsLinesAndAsParquet() throws IOException {
    Path shared = Path.of(System.getProperty("shared.dir"));
    Path sample = shared.resolve("data/redpajama-sample");
    Path model = shared.resolve("models/redpajama-9m");
    assumeTrue(Files.isDirectory(sample) && Files.isDirectory(model), "no real corpus and model");
    Path lines = beginnings(sample);
    var config = PrepareConfig.of("seq_len=256", "shard_mib=1");
    Map<String, String> ofLines = prepared(lines, model, config, "real");
    assertThat(
            onSpark(
                cluster.application(2, 2, Map.of()),
                in(lines),
                model,
                config,
                1 << 17,
                "real-lines"))
        .isEqualTo(ofLines);
    try (var data = PreparedData.open(folder.resolve("real-lines"))) {
      data.verify(_ -> {});
      assertThat(data.domains()).hasSize(7);
    }
    Path columns = parquet(lines);
    Map<String, String> ofColumns = prepared(columns, model, config, "real-columns");
    assertThat(
            onSpark(
                cluster.application(2, 2, Map.of()),
                in(columns),
                model,
                config,
                1 << 17,
                "real-parquet"))
        .isEqualTo(ofColumns);
    ofLines.remove("manifest.json"); // which names the input's size
    assertThat(ofColumns).containsAllEntriesOf(ofLines);
  }

  /** The first documents of each file. */
  private static Path beginnings(Path sample) throws IOException {
    Path lines = folder.resolve("lines");
    for (Path domain : children(sample)) {
      Path to = Files.createDirectories(lines.resolve(domain.getFileName()));
      for (Path file : children(domain)) {
        try (var documents = Files.lines(file)) {
          Files.write(to.resolve(file.getFileName()), documents.limit(DOCUMENTS).toList());
        }
      }
    }
    return lines;
  }

  private static List<Path> children(Path folder) throws IOException {
    try (var children = Files.list(folder)) {
      return children.toList();
    }
  }

  /** The corpus as Spark writes it to Parquet, in files of several row groups. */
  private static Path parquet(Path lines) throws IOException {
    Path columns = folder.resolve("parquet");
    for (Path domain : children(lines)) {
      for (String split : List.of("train", "eval")) {
        rewritten(
            domain.resolve(split + ".jsonl"),
            "parquet",
            "parquet.block.size",
            columns.resolve(domain.getFileName()));
      }
    }
    return columns;
  }

  /**
   * Has Spark write a file of lines in another format, in the folder {@code to}.
   *
   * @param size the option that says how large a piece of a file is
   */
  private static void rewritten(Path lines, String format, String size, Path to)
      throws IOException {
    Path written = folder.resolve("written");
    try (var spark =
        SparkSession.builder()
            .master("local[1]")
            .config("spark.ui.enabled", "false")
            .config("spark.log.level", "ERROR")
            .getOrCreate()) {
      spark
          .read()
          .json(lines.toString())
          .coalesce(1)
          .write()
          .mode("overwrite")
          .format(format)
          .option(size, 1 << 17)
          .option("orc.rows.between.memory.checks", 100)
          .option("compression", "zstd")
          .save(written.toString());
    }
    Files.createDirectories(to);
    String name = lines.getFileName().toString().replace(".jsonl", "." + format);
    try (var files = Files.newDirectoryStream(written, "part-*")) {
      Files.move(files.iterator().next(), to.resolve(name));
    }
  }

  @Test
  void recordsOfAnyFormatNameTheirDomains() throws IOException {
    var config =
        PrepareConfig.of(
            "seq_len=64", "eval_fraction=0.05", "shard_mib=0.1", "domain_field=meta.set");
    Path lines = Files.createDirectories(folder.resolve("mixed/lines"));
    Path columns = folder.resolve("mixed");
    for (String split : List.of("train", "eval")) {
      List<String> records = new ArrayList<>();
      for (Path domain : children(corpus)) {
        String meta = "\"meta\": {\"set\": \"%s\"}, ".formatted(domain.getFileName());
        for (String line : Files.readAllLines(domain.resolve(split + ".jsonl"))) {
          records.add("{" + meta + line.substring(1));
        }
      }
      interleave(records);
      Path file = Files.write(lines.resolve(split + ".jsonl"), records);
      rewritten(file, "parquet", "parquet.block.size", columns.resolve("parquet"));
      rewritten(file, "orc", "orc.stripe.size", columns.resolve("orc"));
    }
    Map<String, String> ofLines = prepared(lines, tokenizer, config, "mixed-whole");
    assertThat(shards(ofLines)).isEqualTo(shards(expected));
    for (Path input : List.of(lines, columns.resolve("parquet"), columns.resolve("orc"))) {
      Map<String, String> hashes =
          onSpark(
              cluster.application(2, 1, Map.of()),
              in(input),
              tokenizer,
              config,
              100_000,
              "mixed-" + input.getFileName());
      assertThat(shards(hashes)).as(input.toString()).isEqualTo(shards(expected));
    }
    failing(in(columns.resolve("orc")), "domain_field=meta.sett")
        .hasMessageContaining("eval.orc: no column 'meta.sett' (did you mean 'meta.set'?)");
    failing(in(columns.resolve("orc")), "text_field=meta")
        .hasMessageContaining("eval.orc: column 'meta' is struct, not a text a row");
    Path orc = columns.resolve("orc/eval.orc");
    byte[] bytes = Files.readAllBytes(orc);
    Files.write(orc, Arrays.copyOf(bytes, bytes.length / 2));
    failing(in(columns.resolve("orc")), "domain_field=meta.set")
        .hasMessageContaining("eval.orc: corrupt or truncated");
  }

  /** Mixes records of several domains, each domain's in their order. */
  private static void interleave(List<String> records) {
    int[] turns = new Random(7).ints(records.size(), 0, 1 << 20).toArray();
    Map<String, List<Integer>> places = new TreeMap<>();
    List<String> before = List.copyOf(records);
    Integer[] order = new Integer[records.size()];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, Comparator.comparingInt(i -> turns[i]));
    for (int i = 0; i < order.length; i++) {
      places.computeIfAbsent(domainOf(before.get(order[i])), _ -> new ArrayList<>()).add(i);
    }
    Map<String, Integer> next = new TreeMap<>();
    for (String record : before) {
      int nth = next.merge(domainOf(record), 1, Integer::sum) - 1;
      records.set(places.get(domainOf(record)).get(nth), record);
    }
  }

  private static String domainOf(String record) {
    return record.substring(0, record.indexOf('}'));
  }

  private static Map<String, String> shards(Map<String, String> hashes) {
    var shards = new TreeMap<>(hashes);
    shards.remove("manifest.json"); // which names the input
    return shards;
  }

  private static AbstractThrowableAssert<?, ? extends Throwable> failing(
      CorpusInput input, String setting) {
    return assertThatThrownBy(
            () ->
                onSpark(
                    local(Map.of()),
                    input,
                    tokenizer,
                    PrepareConfig.of("seq_len=64", "domain_field=meta.set", setting),
                    1 << 20,
                    "failing-" + System.nanoTime()))
        .isInstanceOf(UserException.class);
  }

  @Test
  void textMayLieInAnyFileSystemOfHadoop() throws IOException {
    var application = local(Map.of("spark.hadoop.fs.shared.impl", SharedFiles.class.getName()));
    String shared = "shared://" + corpus;
    assertThat(
            onSpark(
                application, new CorpusInput(shared, null), tokenizer, CONFIG, 40_000, "on-hadoop"))
        .isEqualTo(expected);
    assertThatThrownBy(
            () ->
                onSpark(
                    application,
                    new CorpusInput(null, List.of("a=" + shared + "/code.jsonl", "b=" + corpus)),
                    tokenizer,
                    CONFIG,
                    40_000,
                    "none"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("lies in another file system");
    assertThatThrownBy(
            () ->
                onSpark(
                    application,
                    new CorpusInput("nosuch://host/corpus", null),
                    tokenizer,
                    CONFIG,
                    40_000,
                    "none"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("nosuch://host/corpus: the file system cannot be reached");
  }

  @Test
  void progressIsToldWhileATaskRuns() throws IOException {
    Path input = folder.resolve("long.jsonl");
    String lines = Files.readString(corpus.resolve("code/train.jsonl"));
    Files.writeString(input, lines.repeat(20));
    List<Long> documents = new ArrayList<>();
    List<Long> tokens = new ArrayList<>();
    var listener =
        new PrepareListener() {
          @Override
          public void progress(long bytes, long total, long moreDocuments, long moreTokens) {
            documents.add(moreDocuments);
            tokens.add(moreTokens);
          }

          @Override
          public void warning(String line) {}
        };
    var split =
        new SparkService()
            .prepare(
                // Each must be answered before the next; an executor gives up after so many.
                local(
                    Map.of(
                        "spark.executor.heartbeatInterval", "300ms",
                        "spark.executor.heartbeat.maxFailures", "1000000")),
                new CorpusInput(null, List.of("code=" + input)),
                tokenizer,
                PrepareConfig.of("seq_len=64", "eval_fraction=0"),
                1L << 30,
                folder.resolve("told"),
                listener)
            .domains()
            .getFirst()
            .splits()
            .get(Split.TRAIN);
    assertThat(tokens).isSorted().endsWith(split.tokens());
    assertThat(documents).isSorted().endsWith(split.documents());
    assertThat(tokens).anyMatch(told -> told > 0 && told < split.tokens());
  }

  @Test
  void mistakesAreToldByTheDriver() throws IOException {
    Path damaged = Files.createDirectories(folder.resolve("damaged"));
    Files.write(damaged.resolve("web.jsonl.gz"), new byte[] {31, (byte) 139, 8, 0, 1, 2, 3});
    var application = cluster.application(1, 1, Map.of("spark.task.maxFailures", "1"));
    assertThatThrownBy(() -> onSpark(application, in(damaged), tokenizer, CONFIG, 1 << 20, "none"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("web.jsonl.gz: corrupt or truncated gzip");
    Files.delete(damaged.resolve("web.jsonl.gz"));
    Files.writeString(damaged.resolve("web.jsonl"), "{\"text\": \"a\"}\n{\"txt\": 1}\n".repeat(99));
    assertThatThrownBy(
            () ->
                onSpark(
                    application,
                    in(damaged),
                    tokenizer,
                    PrepareConfig.of("seq_len=8", "max_bad_lines=7"),
                    1 << 20,
                    "bad"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("web.jsonl:2: no field 'text' but [txt]");
    assertThat(folder.resolve("bad/manifest.json")).doesNotExist();
  }
}
