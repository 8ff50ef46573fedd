package io.github.drprune.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.drprune.cluster.SparkApplication;
import io.github.drprune.cluster.SparkJobs.Input;
import io.github.drprune.data.PreparedData;
import io.github.drprune.data.prepare.CorpusFinder;
import io.github.drprune.data.prepare.Prepare;
import io.github.drprune.data.prepare.PrepareConfig;
import io.github.drprune.data.prepare.PrepareListener;
import io.github.drprune.demo.DemoCorpus;
import io.github.drprune.demo.DemoTokenizer;
import io.github.drprune.error.UserException;
import io.github.drprune.io.Sha256;
import io.github.drprune.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.spark.sql.SparkSession;
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
      new Prepare(CorpusFinder.in(input), loaded, config, PrepareListener.SILENT).into(out);
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
      Input input,
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

  private static Input in(Path input) {
    return new Input(input.toString(), null);
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
      Path parts = folder.resolve(name).resolve("parts");
      int wanted = 2 + 5 * trial;
      var result =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return onSpark(
                      cluster.application(2, 1, Map.of()),
                      in(corpus),
                      tokenizer,
                      CONFIG,
                      10_000,
                      name);
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
      while (results(parts) < wanted) {
        assertThat(result).as("tasks end before the executor does").isNotDone();
        TimeUnit.MILLISECONDS.sleep(5);
      }
      ProcessHandle victim = cluster.executors().get(trial % 2);
      assertThat(victim.destroyForcibly()).isTrue();
      assertThat(result.get(3, TimeUnit.MINUTES)).isEqualTo(expected);
    }
  }

  private static int results(Path parts) {
    String[] names = parts.toFile().list((_, name) -> name.matches("\\d+\\.json"));
    return names == null ? 0 : names.length;
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
    try (var spark =
        SparkSession.builder()
            .master("local[1]")
            .config("spark.ui.enabled", "false")
            .config("spark.log.level", "ERROR")
            .getOrCreate()) {
      for (Path domain : children(lines)) {
        for (String split : List.of("train", "eval")) {
          Path written = folder.resolve("written");
          spark
              .read()
              .json(domain.resolve(split + ".jsonl").toString())
              .select("text")
              .coalesce(1)
              .write()
              .mode("overwrite")
              .option("parquet.block.size", 1 << 17)
              .option("compression", "zstd")
              .parquet(written.toString());
          try (var files = Files.newDirectoryStream(written, "part-*.parquet")) {
            Path file = columns.resolve(domain.getFileName()).resolve(split + ".parquet");
            Files.createDirectories(file.getParent());
            Files.move(files.iterator().next(), file);
          }
        }
      }
    }
    return columns;
  }

  @Test
  void textMayLieInAnyFileSystemOfHadoop() throws IOException {
    var application =
        new SparkApplication(
            Optional.of("local[2]"),
            Map.of(
                "spark.hadoop.fs.shared.impl", SharedFiles.class.getName(),
                "spark.ui.enabled", "false",
                "spark.log.level", "ERROR"));
    String shared = "shared://" + corpus;
    assertThat(
            onSpark(application, new Input(shared, null), tokenizer, CONFIG, 40_000, "on-hadoop"))
        .isEqualTo(expected);
    assertThatThrownBy(
            () ->
                onSpark(
                    application,
                    new Input(null, List.of("a=" + shared + "/code.jsonl", "b=" + corpus)),
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
                    new Input("nosuch://host/corpus", null),
                    tokenizer,
                    CONFIG,
                    40_000,
                    "none"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("nosuch://host/corpus: the file system cannot be reached");
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
