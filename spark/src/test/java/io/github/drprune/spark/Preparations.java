package io.github.drprune.spark;

import io.github.drprune.cluster.SparkApplication;
import io.github.drprune.data.prepare.CorpusInput;
import io.github.drprune.data.prepare.Prepare;
import io.github.drprune.data.prepare.PrepareConfig;
import io.github.drprune.data.prepare.PrepareListener;
import io.github.drprune.data.prepare.Storage;
import io.github.drprune.demo.DemoCorpus;
import io.github.drprune.demo.DemoTokenizer;
import io.github.drprune.io.Sha256;
import io.github.drprune.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.spark.sql.SparkSession;

/** Preparations to compare, each in a folder of its own. */
final class Preparations {
  private final Path folder;

  /** A corpus of several domains. */
  final Path corpus;

  final Path tokenizer;

  Preparations(Path folder) throws IOException {
    this.folder = folder;
    this.corpus = folder.resolve("corpus");
    DemoCorpus.write(corpus, 200_000, 5);
    this.tokenizer = Files.createDirectories(folder.resolve("tokenizer"));
    DemoTokenizer.write(tokenizer);
  }

  /** What prepare makes of a corpus: each file with its hash. */
  Map<String, String> locally(Path input, Path model, PrepareConfig config, String name)
      throws IOException {
    Path out = folder.resolve(name);
    try (var loaded = Tokenizer.load(model)) {
      new Prepare(in(input).find(config, Storage.LOCAL), loaded, config, PrepareListener.SILENT)
          .into(out);
    }
    return hashes(out);
  }

  /** The same on Spark, in parts of so many bytes. */
  Map<String, String> onSpark(
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

  static Map<String, String> hashes(Path out) throws IOException {
    var hashes = new TreeMap<String, String>();
    try (var files = Files.walk(out)) {
      for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
        hashes.put(out.relativize(file).toString(), Sha256.of(file));
      }
    }
    return hashes;
  }

  static Map<String, String> shards(Map<String, String> hashes) {
    var shards = new TreeMap<>(hashes);
    shards.remove("manifest.json"); // which names the input
    return shards;
  }

  /** An application in this process. */
  static SparkApplication local(Map<String, String> more) {
    Map<String, String> settings = new TreeMap<>(more);
    settings.put("spark.ui.enabled", "false");
    settings.put("spark.log.level", "ERROR");
    return new SparkApplication(Optional.of("local[2]"), settings);
  }

  static CorpusInput in(Path input) {
    return new CorpusInput(input.toString(), null);
  }

  /** What lies in a folder. */
  static List<Path> children(Path folder) throws IOException {
    try (var children = Files.list(folder)) {
      return children.toList();
    }
  }

  /**
   * Has Spark write a file of lines in another format, in the folder {@code to}.
   *
   * @param size the option that says how large a piece of a file is
   */
  void rewrite(Path lines, String format, String size, Path to) throws IOException {
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
          .option("orc.rows.between.memory.checks", 1)
          .option("compression", "zstd")
          .save(written.toString());
    }
    Files.createDirectories(to);
    String name = lines.getFileName().toString().replace(".jsonl", "." + format);
    try (var files = Files.newDirectoryStream(written, "part-*")) {
      Files.move(files.iterator().next(), to.resolve(name));
    }
  }
}
