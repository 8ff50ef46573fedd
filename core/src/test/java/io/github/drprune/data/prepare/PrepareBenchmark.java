package io.github.drprune.data.prepare;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.sun.management.OperatingSystemMXBean;
import io.github.drprune.io.AtomicFiles;
import io.github.drprune.json.Json;
import io.github.drprune.tokenizer.Tokenizer;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Measures preparation.
 *
 * <p>{@code throughput MODEL CORPUS [THREADS]}: preparing against a loop that only calls the
 * tokenizer on one thread, over the same text in the same run, alternating, the best of three.
 *
 * <p>{@code memory MODEL CORPUS MEGABYTES}: peak heap and resident memory over an input of that
 * size, made by repeating the corpus; call it once for each size, in a JVM of its own.
 */
final class PrepareBenchmark {
  private static final int ROUNDS = 3;

  private PrepareBenchmark() {}

  public static void main(String[] args) throws IOException {
    Path model = Path.of(args[1]);
    Path corpus = Path.of(args[2]);
    switch (args[0]) {
      case "throughput" ->
          throughput(model, corpus, args.length > 3 ? Integer.parseInt(args[3]) : 2);
      case "memory" -> memory(model, corpus, Long.parseLong(args[3]));
      default -> throw new IllegalArgumentException(args[0]);
    }
  }

  /** Seconds of the clock and of all processors together. */
  private record Cost(double wall, double processor) {
    static final Cost NONE = new Cost(Double.MAX_VALUE, Double.MAX_VALUE);

    interface Work {
      void run() throws IOException;
    }

    static Cost of(Work work) throws IOException {
      var process = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
      long processor = process.getProcessCpuTime();
      long start = System.nanoTime();
      work.run();
      return new Cost(seconds(start), (process.getProcessCpuTime() - processor) / 1e9);
    }

    Cost best(Cost other) {
      return new Cost(Math.min(wall, other.wall), Math.min(processor, other.processor));
    }

    @Override
    public String toString() {
      return String.format(Locale.ROOT, "%.2f s (processors %.2f s)", wall, processor);
    }
  }

  private static void throughput(Path model, Path corpus, int threads) throws IOException {
    var texts = texts(corpus);
    double megabytes = CorpusFinder.in(corpus).bytes() / 1e6;
    var loop = Cost.NONE;
    var prepare = Cost.NONE;
    try (var tokenizer = Tokenizer.load(model)) {
      for (int round = 0; round < ROUNDS; round++) {
        var looped = Cost.of(() -> texts.forEach(tokenizer::encode));
        Path out = Files.createTempDirectory("prepare-benchmark");
        var prepared = Cost.of(() -> run(corpus, tokenizer, threads, out));
        AtomicFiles.deleteTree(out);
        print("round %d: loop %s, prepare %s", round + 1, looped, prepared);
        loop = loop.best(looped);
        prepare = prepare.best(prepared);
      }
    }
    print(
        "tokenizer loop, 1 thread: %.2f MB/s; prepare, %d threads: %.2f MB/s; ratio %.2f",
        megabytes / loop.wall(), threads, megabytes / prepare.wall(), loop.wall() / prepare.wall());
    print(
        "work beyond the tokenizer: %.1f%% of the loop's processor time",
        100 * (prepare.processor() / loop.processor() - 1));
    print("DJL's HuggingFaceTokenizer.encode, 1 thread: %.2f MB/s", wrapped(model, texts));
  }

  private static double wrapped(Path model, List<String> texts) throws IOException {
    try (var tokenizer =
        HuggingFaceTokenizer.builder()
            .optTokenizerPath(model)
            .optAddSpecialTokens(false)
            .optTruncation(false)
            .build()) {
      long start = System.nanoTime();
      long bytes = 0;
      for (String text : texts.subList(0, texts.size() / 4)) {
        tokenizer.encode(text).getIds();
        bytes += text.length();
      }
      return bytes / 1e6 / seconds(start);
    }
  }

  private static void memory(Path model, Path corpus, long megabytes) throws IOException {
    Path folder = Files.createTempDirectory("prepare-benchmark");
    try (var tokenizer = Tokenizer.load(model)) {
      Path input = folder.resolve("corpus/text.jsonl");
      Files.createDirectories(input.getParent());
      repeat(corpus, input, megabytes * 1_000_000);
      long start = System.nanoTime();
      run(input.getParent(), tokenizer, 2, folder.resolve("out"));
      print(
          "%,d MB in %.0f s: peak heap %,d MB, peak resident %,d MB",
          megabytes, seconds(start), peakHeap() >> 20, peakResident() >> 20);
    } finally {
      AtomicFiles.deleteTree(folder);
    }
  }

  private static void run(Path corpus, Tokenizer tokenizer, int threads, Path out)
      throws IOException {
    var config = PrepareConfig.of("seq_len=2048", "max_bad_lines=0");
    new Prepare(CorpusFinder.in(corpus), tokenizer, config, threads, new Corpora.Warnings())
        .into(out);
  }

  private static void repeat(Path corpus, Path target, long bytes) throws IOException {
    var files =
        CorpusFinder.in(corpus).domains().stream().flatMap(d -> d.files().stream()).toList();
    long written = 0;
    try (var out = Files.newOutputStream(target, StandardOpenOption.CREATE_NEW)) {
      while (written < bytes) {
        for (var file : files) {
          written += Files.copy(file.path(), out);
        }
      }
    }
  }

  private static List<String> texts(Path corpus) throws IOException {
    var texts = new ArrayList<String>();
    for (var domain : CorpusFinder.in(corpus).domains()) {
      for (var file : domain.files()) {
        for (String line : Files.readAllLines(file.path())) {
          texts.add(Json.tree(line, file.name()).path("text").asText());
        }
      }
    }
    return texts;
  }

  private static long peakHeap() {
    return ManagementFactory.getMemoryPoolMXBeans().stream()
        .filter(pool -> pool.getType() == MemoryType.HEAP)
        .mapToLong(pool -> pool.getPeakUsage().getUsed())
        .sum();
  }

  private static long peakResident() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith("VmHWM:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
        .findFirst()
        .orElse(0);
  }

  private static double seconds(long since) {
    return (System.nanoTime() - since) / 1e9;
  }

  private static void print(String format, Object... values) {
    System.out.println(String.format(Locale.ROOT, format, values));
  }
}
