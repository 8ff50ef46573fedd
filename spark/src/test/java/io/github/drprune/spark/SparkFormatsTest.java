package io.github.drprune.spark;

import static io.github.drprune.spark.Preparations.children;
import static io.github.drprune.spark.Preparations.in;
import static io.github.drprune.spark.Preparations.local;
import static io.github.drprune.spark.Preparations.shards;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.drprune.data.Split;
import io.github.drprune.data.prepare.CorpusInput;
import io.github.drprune.data.prepare.PrepareConfig;
import io.github.drprune.data.prepare.PrepareListener;
import io.github.drprune.error.UserException;
import io.github.drprune.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.hadoop.conf.Configuration;
import org.apache.orc.OrcFile;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever the format of the text and the file system it lies in, the bytes are those of prepare.
 */
class SparkFormatsTest {
  private static final PrepareConfig CONFIG =
      PrepareConfig.of("seq_len=64", "eval_fraction=0.05", "shard_mib=0.1");

  /** The setting of Spark that names what reads {@code shared:} paths. */
  private static final String SHARED = "spark.hadoop.fs.shared.impl";

  @TempDir private static Path folder;
  private static Preparations preparations;
  private static Map<String, String> expected;

  @BeforeAll
  static void prepare() throws IOException {
    preparations = new Preparations(folder);
    expected = preparations.locally(preparations.corpus, preparations.tokenizer, CONFIG, "whole");
  }

  @Test
  void recordsOfAnyFormatNameTheirDomains() throws IOException {
    var config =
        PrepareConfig.of(
            "seq_len=64", "eval_fraction=0.05", "shard_mib=0.1", "domain_field=meta.set");
    Path lines = Files.createDirectories(folder.resolve("mixed/lines"));
    Path columns = folder.resolve("mixed");
    Path apart = folder.resolve("apart");
    for (String split : List.of("train", "eval")) {
      List<Iterator<String>> domains = new ArrayList<>();
      for (Path domain : children(preparations.corpus)) {
        String name = domain.getFileName().toString();
        List<String> texts = shortTexts(domain.resolve(split + ".jsonl"));
        Files.createDirectories(apart.resolve(name));
        Files.write(
            apart.resolve(name).resolve(split + ".jsonl"),
            texts.stream().map(text -> Json.line(Map.of("text", text))).toList());
        domains.add(
            texts.stream()
                .map(text -> Json.line(Map.of("text", text, "meta", Map.of("set", name))))
                .iterator());
      }
      Path file = Files.write(lines.resolve(split + ".jsonl"), mixed(domains));
      preparations.rewrite(file, "parquet", "parquet.block.size", columns.resolve("parquet"));
      preparations.rewrite(file, "orc", "orc.stripe.size", columns.resolve("orc"));
    }
    Map<String, String> ofFolders =
        shards(preparations.locally(apart, preparations.tokenizer, CONFIG, "of-folders"));
    assertThat(shards(preparations.locally(lines, preparations.tokenizer, config, "mixed-whole")))
        .isEqualTo(ofFolders);
    var orc = columns.resolve("orc/train.orc");
    try (var reader =
        OrcFile.createReader(
            new org.apache.hadoop.fs.Path(orc.toString()),
            OrcFile.readerOptions(new Configuration()))) {
      assertThat(reader.getStripes()).as("pieces to share out").hasSizeGreaterThan(1);
    }
    for (String input :
        List.of(
            "" + lines, columns + "/parquet", columns + "/orc", "shared://" + columns + "/orc")) {
      Map<String, String> hashes =
          preparations.onSpark(
              local(Map.of(SHARED, SharedFiles.class.getName())),
              new CorpusInput(input, null),
              preparations.tokenizer,
              config,
              100_000,
              "mixed-" + input.replace('/', '-'));
      assertThat(shards(hashes)).as(input).isEqualTo(ofFolders);
    }
    failing(in(columns.resolve("orc")), "domain_field=meta.sett")
        .hasMessageContaining("eval.orc: no column 'meta.sett' (did you mean 'meta.set'?)");
    failing(in(columns.resolve("orc")), "text_field=meta")
        .hasMessageContaining("eval.orc: column 'meta' is struct, not a text a row");
    byte[] bytes = Files.readAllBytes(orc);
    Files.write(orc, Arrays.copyOf(bytes, bytes.length / 2));
    failing(in(columns.resolve("orc")), "domain_field=meta.set")
        .hasMessageContaining("train.orc: corrupt or truncated");
  }

  /** The texts of a file in pieces, as ORC has at least a thousand rows in a stripe. */
  private static List<String> shortTexts(Path lines) throws IOException {
    List<String> texts = new ArrayList<>();
    for (String line : Files.readAllLines(lines)) {
      String text = Json.tree(line, "record").path("text").asText();
      for (int from = 0; from < text.length(); from += 150) {
        texts.add(text.substring(from, Math.min(text.length(), from + 150)));
      }
    }
    return texts;
  }

  /** Records of several domains, mixed, each domain's in their order. */
  private static List<String> mixed(List<Iterator<String>> domains) {
    List<Iterator<String>> left = new ArrayList<>(domains);
    List<String> mixed = new ArrayList<>();
    var random = new Random(7);
    while (!left.isEmpty()) {
      var next = left.get(random.nextInt(left.size()));
      if (next.hasNext()) {
        mixed.add(next.next());
      } else {
        left.remove(next);
      }
    }
    return mixed;
  }

  private static AbstractThrowableAssert<?, ? extends Throwable> failing(
      CorpusInput input, String setting) {
    return assertThatThrownBy(
            () ->
                preparations.onSpark(
                    local(Map.of()),
                    input,
                    preparations.tokenizer,
                    PrepareConfig.of("seq_len=64", "domain_field=meta.set", setting),
                    1 << 20,
                    "failing-" + System.nanoTime()))
        .isInstanceOf(UserException.class);
  }

  @Test
  void textMayLieInAnyFileSystemOfHadoop() throws IOException {
    var application = local(Map.of(SHARED, SharedFiles.class.getName()));
    String shared = "shared://" + preparations.corpus;
    assertThat(
            preparations.onSpark(
                application,
                new CorpusInput(shared, null),
                preparations.tokenizer,
                CONFIG,
                40_000,
                "on-hadoop"))
        .isEqualTo(expected);
    assertThatThrownBy(
            () ->
                preparations.onSpark(
                    application,
                    new CorpusInput(
                        null, List.of("a=" + shared + "/code.jsonl", "b=" + preparations.corpus)),
                    preparations.tokenizer,
                    CONFIG,
                    40_000,
                    "none"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("lies in another file system");
    assertThatThrownBy(
            () ->
                preparations.onSpark(
                    application,
                    new CorpusInput("nosuch://host/corpus", null),
                    preparations.tokenizer,
                    CONFIG,
                    40_000,
                    "none"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("nosuch://host/corpus: the file system cannot be reached");
  }

  @Test
  void progressIsToldWhileATaskRuns() throws IOException {
    Path input = Files.createDirectories(folder.resolve("held"));
    Path text = preparations.corpus.resolve("code/train.jsonl");
    Files.copy(text, input.resolve("first.jsonl"));
    Files.copy(text, input.resolve(SharedFiles.HELD)); // the task waits here until it was told of
    List<Long> documents = new ArrayList<>();
    List<Long> tokens = new ArrayList<>();
    var listener =
        new PrepareListener() {
          @Override
          public void progress(long bytes, long total, long moreDocuments, long moreTokens) {
            documents.add(moreDocuments);
            tokens.add(moreTokens);
            if (moreTokens > 0) {
              SharedFiles.release();
            }
          }

          @Override
          public void warning(String line) {}
        };
    var split =
        new SparkService()
            .prepare(
                local(
                    Map.of(
                        SHARED,
                        SharedFiles.class.getName(),
                        // Each is to be answered before the next; so many may not be.
                        "spark.executor.heartbeatInterval",
                        "1s",
                        "spark.executor.heartbeat.maxFailures",
                        "1000000")),
                new CorpusInput(null, List.of("code=shared://" + input)),
                preparations.tokenizer,
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
}
