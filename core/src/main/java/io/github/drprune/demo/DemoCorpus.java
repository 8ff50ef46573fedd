package io.github.drprune.demo;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.github.drprune.io.AtomicFiles;
import io.github.drprune.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * A made-up corpus of five domains of different size and difficulty: what one capacity helps,
 * another does not, so that pruning hurts them unequally and the data's balance matters.
 */
public final class DemoCorpus {
  private static final int DOCUMENT = 600; // characters, about

  /** A domain of the corpus. */
  enum Domain {
    /** Sentences of a small grammar: much of it, and easy. */
    PROSE(0.66) {
      @Override
      String line(SplittableRandom random) {
        return "%s %s %s %s %s %s. "
            .formatted(
                pick(random, "the", "a", "every", "no", "this"),
                pick(random, "old", "small", "quiet", "green", "tired", "clever", "famous"),
                pick(random, "river", "baker", "machine", "garden", "student", "winter", "letter"),
                pick(random, "follows", "remembers", "finds", "hides", "answers", "leaves"),
                pick(random, "the", "a", "every", "no", "this"),
                pick(random, "stone", "road", "window", "teacher", "island", "candle", "morning"));
      }
    },
    /** Small programs, whose variables must be remembered. */
    CODE(0.25) {
      @Override
      String line(SplittableRandom random) {
        String name = pick(random, "total", "count", "index", "value", "limit", "offset");
        String other = pick(random, "left", "right", "first", "last", "size");
        return String.format(
            Locale.ROOT,
            "def %s(%s):\n    %s = %s %s %d\n    if %s > %s:\n        return %s\n    return %s\n",
            pick(random, "sum", "scan", "grow", "find") + "_" + name,
            other,
            name,
            other,
            pick(random, "+", "-", "*"),
            random.nextInt(1, 100),
            name,
            other,
            name,
            other);
      }
    },
    /** Sums with their results: little of it, and it takes computing. */
    ARITHMETIC(0.03) {
      @Override
      String line(SplittableRandom random) {
        int a = random.nextInt(100);
        int b = random.nextInt(100);
        return String.format(Locale.ROOT, "%d+%d=%d; ", a, b, a + b);
      }
    },
    /** Records that name the same random key twice: it takes attention over a distance. */
    RECORDS(0.03) {
      @Override
      String line(SplittableRandom random) {
        var key = new StringBuilder();
        for (int i = 0; i < 6; i++) {
          key.append((char) ('a' + random.nextInt(26)));
        }
        return "{\"id\": \"%s\", \"state\": \"%s\", \"copy\": \"%s\"}\n"
            .formatted(key, pick(random, "open", "done", "late"), key);
      }
    },
    /** A language of another alphabet with agreeing endings: tiny. */
    FOREIGN(0.03) {
      @Override
      String line(SplittableRandom random) {
        String ending = pick(random, "ов", "ами", "ой", "ах");
        return "%s%s %s%s %s. "
            .formatted(
                pick(random, "стол", "дом", "лес", "город"),
                ending,
                pick(random, "нов", "стар", "бел"),
                ending,
                pick(random, "идёт", "стоит", "видит"));
      }
    };

    private final double share;

    Domain(double share) {
      this.share = share;
    }

    abstract String line(SplittableRandom random);

    String folder() {
      return name().toLowerCase(Locale.ROOT);
    }

    private static String pick(SplittableRandom random, String... choices) {
      return choices[random.nextInt(choices.length)];
    }
  }

  private DemoCorpus() {}

  /** The names of the domains. */
  public static List<String> domains() {
    return Arrays.stream(Domain.values()).map(Domain::folder).toList();
  }

  /** Writes a folder with train.jsonl and eval.jsonl for every domain. */
  public static void write(Path folder, long characters, long seed) throws IOException {
    for (Domain domain : Domain.values()) {
      Path target = Files.createDirectories(folder.resolve(domain.folder()));
      long train = (long) (characters * domain.share);
      // As much to measure every domain with; other random numbers than the training text's.
      write(domain, target.resolve("eval.jsonl"), characters / 50, seed + 1);
      write(domain, target.resolve("train.jsonl"), train, seed);
    }
  }

  private static void write(Domain domain, Path file, long characters, long seed)
      throws IOException {
    var random = new SplittableRandom(Arrays.hashCode(new long[] {seed, domain.ordinal()}));
    var lines = new StringBuilder();
    for (long written = 0; written < characters; ) {
      var document = new StringBuilder();
      while (document.length() < DOCUMENT) {
        document.append(domain.line(random));
      }
      written += document.length();
      var json = JsonNodeFactory.instance.objectNode().put("text", document.toString());
      lines.append(Json.line(json)).append('\n');
    }
    // A file that is written again is other input to whoever looks at its time.
    if (!Files.isRegularFile(file) || !Files.readString(file).contentEquals(lines)) {
      AtomicFiles.text(file, lines.toString());
    }
  }
}
