package io.github.drprune.data.prepare;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.drprune.data.Manifest;
import io.github.drprune.tokenizer.TinyTokenizer;
import io.github.drprune.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kills the preparation at random moments and repeats it. */
class PrepareKillTest {
  private static final int KILLS = 10;

  @TempDir private Path folder;

  /** The process that is killed: arguments input, tokenizer, threads, out, and whether to hold. */
  static final class Victim {
    public static void main(String[] args) throws IOException {
      Path out = Path.of(args[3]);
      boolean holds = Boolean.parseBoolean(args[4]);
      try (var tokenizer = Tokenizer.load(Path.of(args[1]))) {
        if (!holds) {
          System.out.println("started");
        }
        new Prepare(
                CorpusFinder.in(Path.of(args[0])),
                tokenizer,
                Corpora.config(),
                Integer.parseInt(args[2]),
                holds ? new Holding(out) : new Corpora.Warnings(),
                Duration.ZERO)
            .into(out);
      }
    }
  }

  /** Gives its first word once a file is on record, and then holds the preparation up. */
  private record Holding(Path out) implements PrepareListener {
    @Override
    public void progress(long bytes, long total, long documents, long tokens) {
      if (filesOnRecord(out) > 0) {
        System.out.println("started");
        while (true) {
          LockSupport.park();
        }
      }
    }

    @Override
    public void warning(String line) {}
  }

  private static int filesOnRecord(Path out) {
    try {
      return Progress.read(out).map(Progress::files).orElse(0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Process start(Path input, Path tokenizer, int threads, Path out, boolean holds)
      throws IOException {
    return new ProcessBuilder(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                Victim.class.getName(),
                input.toString(),
                tokenizer.toString(),
                Integer.toString(threads),
                out.toString(),
                Boolean.toString(holds)))
        .redirectError(ProcessBuilder.Redirect.DISCARD)
        .start();
  }

  /** Kills {@code process} (as kill -9 does) so long after its first word. */
  private static void kill(Process process, long millis) throws Exception {
    process.getInputStream().read();
    process.waitFor(millis, TimeUnit.MILLISECONDS);
    process.destroyForcibly().waitFor();
  }

  private static String manifest(Path folder) throws IOException {
    return Files.readString(folder.resolve(Manifest.FILE));
  }

  @Test
  void theSameBytesAfterKillsAtRandomMoments() throws Exception {
    Path tokenizer = TinyTokenizer.write(folder.resolve("tokenizer"));
    Path input = Corpora.corpus(folder.resolve("corpus"), 3);
    Path reference = folder.resolve("reference");
    var uninterrupted = start(input, tokenizer, 2, reference, false);
    uninterrupted.getInputStream().read();
    long started = System.nanoTime();
    assertThat(uninterrupted.waitFor()).isZero();
    long duration = (System.nanoTime() - started) / 1_000_000;
    var expected = Corpora.hashes(reference);

    RandomGenerator random =
        RandomGeneratorFactory.of("L64X128MixRandom").create(System.nanoTime());
    Path out = folder.resolve("out");
    for (int i = 0; i < KILLS; i++) {
      // The first dies with something to go on from, however quick the machine is.
      kill(
          start(input, tokenizer, 1 + i % 3, out, i == 0),
          i == 0 ? 0 : random.nextLong(1, duration + 1));
      if (i == 0) {
        assertThat(filesOnRecord(out)).isPositive();
      }
      if (Files.exists(out.resolve(Manifest.FILE))) {
        // It was quicker than the kill: finished data must be right, and the next begins afresh.
        Corpora.prepare(input, tokenizer, Corpora.config(), out);
        assertThat(Corpora.hashes(out)).isEqualTo(expected);
        out = folder.resolve("out-" + i);
      }
    }
    Corpora.prepare(input, tokenizer, Corpora.config(), out);
    assertThat(manifest(out)).isEqualTo(manifest(reference));
    assertThat(Corpora.hashes(out)).isEqualTo(expected);
  }
}
