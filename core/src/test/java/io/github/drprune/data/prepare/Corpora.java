package io.github.drprune.data.prepare;

import com.github.luben.zstd.ZstdOutputStream;
import io.github.drprune.data.Manifest;
import io.github.drprune.io.Sha256;
import io.github.drprune.json.Json;
import io.github.drprune.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import java.util.stream.Collectors;
import java.util.zip.GZIPOutputStream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorOutputStream;

/** Small corpora and preparations for the tests of this package. */
public final class Corpora {
  private static final List<String> WORDS =
      List.of("the", "th", "heat", "tooth", "één", "文字", "x", "end.\n", "😀", "other");

  private Corpora() {}

  /** Documents of random words. */
  public static List<String> documents(long seed, int count, int words) {
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    var documents = new ArrayList<String>();
    for (int i = 0; i < count; i++) {
      documents.add(
          random
              .ints(1 + random.nextInt(words), 0, WORDS.size())
              .mapToObj(WORDS::get)
              .collect(Collectors.joining(" ")));
    }
    return documents;
  }

  /** Writes documents as JSON lines, compressed as the name says. */
  public static Path jsonl(Path file, List<String> documents) throws IOException {
    Files.createDirectories(file.getParent());
    try (OutputStream out = compressed(file)) {
      for (String document : documents) {
        String line =
            Json.line(Map.of("text", document, "meta", Map.of("n", List.of(1, 2)))) + "\n";
        out.write(line.getBytes(StandardCharsets.UTF_8));
      }
    }
    return file;
  }

  private static OutputStream compressed(Path file) throws IOException {
    var out = Files.newOutputStream(file);
    return switch (Compression.of(file)) {
      case NONE -> out;
      case GZIP -> new GZIPOutputStream(out);
      case ZSTD -> new ZstdOutputStream(out);
      case BZIP2 -> new BZip2CompressorOutputStream(out);
    };
  }

  /** Several domains in several files and compressions. */
  public static Path corpus(Path folder) throws IOException {
    return corpus(folder, 1);
  }

  /** As {@link #corpus(Path)}, with {@code scale} times the documents. */
  static Path corpus(Path folder, int scale) throws IOException {
    for (int part = 0; part < 6; part++) {
      String suffix = List.of("", ".gz", ".zst").get(part % 3);
      jsonl(
          folder.resolve("web/part-%d.jsonl%s".formatted(part, suffix)),
          documents(part, 150 * scale, 60));
    }
    jsonl(folder.resolve("wiki/train.jsonl"), documents(50, 200 * scale, 40));
    jsonl(folder.resolve("wiki/eval.jsonl"), documents(51, 60 * scale, 40));
    jsonl(folder.resolve("code.jsonl"), documents(60, 300 * scale, 60));
    return folder;
  }

  /** The settings of most tests: small sequences, small shards. */
  static PrepareConfig config() {
    return PrepareConfig.of(
        "seq_len=32", "eval_fraction=0.1", "shard_mib=0.0078125", "max_bad_lines=10");
  }

  /** Collects warnings. */
  static final class Warnings implements PrepareListener {
    final List<String> lines = new ArrayList<>();

    @Override
    public void progress(long bytes, long total, long documents, long tokens) {}

    @Override
    public void warning(String line) {
      lines.add(line);
    }
  }

  static Manifest prepare(Path input, Path tokenizer, PrepareConfig config, Path out)
      throws IOException {
    try (var loaded = Tokenizer.load(tokenizer)) {
      return prepare(input, loaded, config, out);
    }
  }

  static Manifest prepare(Path input, Tokenizer tokenizer, PrepareConfig config, Path out)
      throws IOException {
    return prepare(input, tokenizer, config, 2, out);
  }

  /** Records the progress after every file. */
  static Manifest prepare(
      Path input, Tokenizer tokenizer, PrepareConfig config, int threads, Path out)
      throws IOException {
    return new Prepare(
            CorpusFinder.in(input), tokenizer, config, threads, new Warnings(), Duration.ZERO)
        .into(out);
  }

  /** Every file below a folder with its hash. */
  static Map<String, String> hashes(Path folder) throws IOException {
    var hashes = new TreeMap<String, String>();
    try (var files = Files.walk(folder)) {
      for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
        hashes.put(folder.relativize(file).toString(), Sha256.of(file));
      }
    }
    return hashes;
  }
}
