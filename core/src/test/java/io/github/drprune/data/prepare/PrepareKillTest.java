package io.github.drprune.data.prepare;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.drprune.data.Manifest;
import io.github.drprune.tokenizer.TinyTokenizer;
import io.github.drprune.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kills the preparation at random moments and repeats it. */
class PrepareKillTest {
  private static final int KILLS = 10;

  @TempDir private Path folder;

  /** The process that is killed: arguments input, tokenizer, threads, out. */
  static final class Victim {
    public static void main(String[] args) throws IOException {
      try (var tokenizer = Tokenizer.load(Path.of(args[1]))) {
        System.out.println("started");
        Corpora.prepare(
            Path.of(args[0]),
            tokenizer,
            Corpora.config(Integer.parseInt(args[2])),
            Path.of(args[3]));
      }
    }
  }

  private Process start(Path input, Path tokenizer, int threads, Path out) throws IOException {
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
                out.toString()))
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
    var uninterrupted = start(input, tokenizer, 2, reference);
    uninterrupted.getInputStream().read();
    long started = System.nanoTime();
    assertThat(uninterrupted.waitFor()).isZero();
    long duration = (System.nanoTime() - started) / 1_000_000;
    var expected = Corpora.hashes(reference);

    RandomGenerator random =
        RandomGeneratorFactory.of("L64X128MixRandom").create(System.nanoTime());
    Path out = folder.resolve("out");
    int resumed = 0;
    for (int i = 0; i < KILLS; i++) {
      kill(start(input, tokenizer, 1 + i % 3, out), random.nextLong(1, duration + 1));
      if (Files.exists(out.resolve(Manifest.FILE))) {
        // It was quicker than the kill: finished data must be right, and the next begins afresh.
        Corpora.prepare(input, tokenizer, Corpora.config(2), out);
        assertThat(Corpora.hashes(out)).isEqualTo(expected);
        out = folder.resolve("out-" + i);
      } else if (Progress.read(out).filter(progress -> progress.files() > 0).isPresent()) {
        resumed++;
      }
    }
    Corpora.prepare(input, tokenizer, Corpora.config(2), out);
    assertThat(manifest(out)).isEqualTo(manifest(reference));
    assertThat(Corpora.hashes(out)).isEqualTo(expected);
    assertThat(resumed).as("attempts that left something to go on from").isPositive();
  }
}
