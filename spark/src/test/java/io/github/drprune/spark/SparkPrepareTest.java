package io.github.drprune.spark;

import static io.github.drprune.spark.Preparations.children;
import static io.github.drprune.spark.Preparations.hashes;
import static io.github.drprune.spark.Preparations.in;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.drprune.data.Manifest;
import io.github.drprune.data.PreparedData;
import io.github.drprune.data.prepare.CorpusPart;
import io.github.drprune.data.prepare.PartTokens;
import io.github.drprune.data.prepare.PartWork;
import io.github.drprune.data.prepare.PartWorkers;
import io.github.drprune.data.prepare.PartedJob;
import io.github.drprune.data.prepare.PartedPrepare;
import io.github.drprune.data.prepare.PrepareConfig;
import io.github.drprune.data.prepare.PrepareListener;
import io.github.drprune.data.prepare.ShardPlan;
import io.github.drprune.error.UserException;
import io.github.drprune.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
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
  private static Preparations preparations;
  private static Map<String, String> expected;

  @BeforeAll
  static void start() throws Exception {
    preparations = new Preparations(folder);
    expected = preparations.locally(preparations.corpus, preparations.tokenizer, CONFIG, "whole");
    cluster = new StandaloneCluster(folder.resolve("cluster"), 2, 2);
  }

  @AfterAll
  static void stop() {
    if (cluster != null) {
      cluster.close();
    }
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
      Path out = folder.resolve("on-" + executors);
      try (var spark = SparkContexts.open("test", application);
          var loaded = Tokenizer.load(preparations.tokenizer)) {
        var found =
            CorpusLocation.find(in(preparations.corpus), CONFIG, spark.hadoopConfiguration());
        new PartedPrepare(
                found.corpus(), loaded, CONFIG, 15_000 * executors, PrepareListener.SILENT)
            .into(out, new Shuffled(new SparkWorkers(spark, found.location()), executors));
      }
      assertThat(hashes(out)).as("%d executors", executors).isEqualTo(expected);
    }
  }

  /** Gives pieces to others in a random order. */
  private record Shuffled(PartWorkers workers, long seed) implements PartWorkers {
    @Override
    public List<PartTokens> tokenize(
        PartedJob job, List<CorpusPart> parts, PartWork.Progress progress) throws IOException {
      List<Integer> order = order(parts.size());
      return inOrder(
          order, workers.tokenize(job, order.stream().map(parts::get).toList(), progress));
    }

    @Override
    public List<Manifest.Shard> join(PartedJob job, List<ShardPlan> plans) throws IOException {
      List<Integer> order = order(plans.size());
      return inOrder(order, workers.join(job, order.stream().map(plans::get).toList()));
    }

    private List<Integer> order(int size) {
      List<Integer> order = new ArrayList<>(IntStream.range(0, size).boxed().toList());
      Collections.shuffle(order, new Random(seed));
      return order;
    }

    private static <T> List<T> inOrder(List<Integer> order, List<T> results) {
      var placed = new TreeMap<Integer, T>();
      for (int i = 0; i < order.size(); i++) {
        placed.put(order.get(i), results.get(i));
      }
      return List.copyOf(placed.values());
    }
  }

  @Test
  void anExecutorThatIsKilledChangesNothing() throws Exception {
    for (int trial = 0; trial < KILLS; trial++) {
      String name = "killed-" + trial;
      int wanted = 2 + 2 * trial;
      Path parts = folder.resolve(name).resolve("_parts");
      killedAt(() -> count(parts, "\\d+\\.json") >= wanted, trial % 2, CONFIG, name, expected);
    }
  }

  @Test
  void anExecutorThatIsKilledWhileItWritesShardsChangesNothing() throws Exception {
    var config = PrepareConfig.of("seq_len=64", "eval_fraction=0.05", "shard_mib=0.004");
    Map<String, String> shards =
        preparations.locally(preparations.corpus, preparations.tokenizer, config, "whole-of-many");
    for (int trial = 0; trial < KILLS; trial++) {
      String name = "killed-late-" + trial;
      int wanted = 1 + 10 * trial;
      Path out = folder.resolve(name);
      List<Path> domains =
          children(preparations.corpus).stream()
              .map(path -> out.resolve(path.getFileName()))
              .toList();
      killedAt(
          () -> domains.stream().mapToLong(path -> count(path, ".*\\.npy")).sum() >= wanted,
          trial % 2,
          config,
          name,
          shards);
    }
  }

  private static void killedAt(
      BooleanSupplier moment,
      int victim,
      PrepareConfig config,
      String name,
      Map<String, String> hashes)
      throws Exception {
    var result =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                return preparations.onSpark(
                    cluster.application(2, 1, Map.of()),
                    in(preparations.corpus),
                    preparations.tokenizer,
                    config,
                    10_000,
                    name);
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
    while (!moment.getAsBoolean()) {
      assertThat(result).as("tasks end before the executor does").isNotDone();
      TimeUnit.MILLISECONDS.sleep(5);
    }
    assertThat(cluster.executors().get(victim).destroyForcibly()).isTrue();
    assertThat(result).as("the preparation ends before the executor does").isNotDone();
    assertThat(result.get(3, TimeUnit.MINUTES)).isEqualTo(hashes);
  }

  /** How many files of a folder, where it is there, have such names. */
  private static long count(Path within, String pattern) {
    String[] names = within.toFile().list();
    return names == null ? 0 : Arrays.stream(names).filter(name -> name.matches(pattern)).count();
  }

  @Test
  void realTextOfSevenDomainsAsLinesAndAsParquet() throws IOException {
    Path shared = Path.of(System.getProperty("shared.dir"));
    Path sample = shared.resolve("data/redpajama-sample");
    Path model = shared.resolve("models/redpajama-9m");
    assumeTrue(Files.isDirectory(sample) && Files.isDirectory(model), "no real corpus and model");
    Path lines = beginnings(sample);
    var config = PrepareConfig.of("seq_len=256", "shard_mib=1");
    Map<String, String> ofLines = preparations.locally(lines, model, config, "real");
    assertThat(
            preparations.onSpark(
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
    Map<String, String> ofColumns = preparations.locally(columns, model, config, "real-columns");
    assertThat(
            preparations.onSpark(
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

  /** The corpus as Spark writes it to Parquet, in files of several row groups. */
  private static Path parquet(Path lines) throws IOException {
    Path columns = folder.resolve("parquet");
    for (Path domain : children(lines)) {
      for (String split : List.of("train", "eval")) {
        preparations.rewrite(
            domain.resolve(split + ".jsonl"),
            "parquet",
            "parquet.block.size",
            columns.resolve(domain.getFileName()));
      }
    }
    return columns;
  }

  @Test
  void mistakesAreToldByTheDriver() throws IOException {
    Path damaged = Files.createDirectories(folder.resolve("damaged"));
    Files.write(damaged.resolve("web.jsonl.gz"), new byte[] {31, (byte) 139, 8, 0, 1, 2, 3});
    var application = cluster.application(1, 1, Map.of("spark.task.maxFailures", "1"));
    assertThatThrownBy(
            () ->
                preparations.onSpark(
                    application, in(damaged), preparations.tokenizer, CONFIG, 1 << 20, "none"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("web.jsonl.gz: corrupt or truncated gzip");
    Files.delete(damaged.resolve("web.jsonl.gz"));
    Files.writeString(damaged.resolve("web.jsonl"), "{\"text\": \"a\"}\n{\"txt\": 1}\n".repeat(99));
    assertThatThrownBy(
            () ->
                preparations.onSpark(
                    application,
                    in(damaged),
                    preparations.tokenizer,
                    PrepareConfig.of("seq_len=8", "max_bad_lines=7"),
                    1 << 20,
                    "bad"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("web.jsonl:2: no field 'text' but [txt]");
    assertThat(folder.resolve("bad/manifest.json")).doesNotExist();
  }
}
