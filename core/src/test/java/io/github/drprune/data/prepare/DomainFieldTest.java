package io.github.drprune.data.prepare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.drprune.data.Manifest;
import io.github.drprune.data.Split;
import io.github.drprune.error.UserException;
import io.github.drprune.json.Json;
import io.github.drprune.tokenizer.TinyTokenizer;
import io.github.drprune.tokenizer.Tokenizer;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.assertj.core.api.AbstractThrowableAssert;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Records that name their domains give what a folder for each domain gives. */
class DomainFieldTest {
  private static final List<String> NAMES = List.of("Wikipedia (en)", "parts", "文字", "web");
  private static final String[] SETTINGS = {
    "seq_len=32", "eval_fraction=0.1", "shard_mib=0.0078125", "max_bad_lines=30"
  };

  @TempDir private Path folder;
  private Path tokenizer;
  private Path mixed;

  @BeforeEach
  void write() throws IOException {
    tokenizer = TinyTokenizer.write(folder.resolve("tokenizer"));
    mixed = Files.createDirectories(folder.resolve("mixed"));
  }

  private static PrepareConfig config(String... more) {
    List<String> all = new ArrayList<>(List.of(SETTINGS));
    all.addAll(List.of(more));
    return PrepareConfig.of(all.toArray(String[]::new));
  }

  private static PrepareConfig byField(String... more) {
    List<String> all = new ArrayList<>(List.of("domain_field=meta.set"));
    all.addAll(List.of(more));
    return config(all.toArray(String[]::new));
  }

  private Corpus corpus(Path input, PrepareConfig config) {
    return new CorpusInput(input.toString(), null).find(config, Storage.LOCAL);
  }

  private Map<String, String> whole(
      Path input, PrepareConfig config, int threads, PrepareListener listener, String out)
      throws IOException {
    Path to = folder.resolve(out);
    try (var loaded = Tokenizer.load(tokenizer)) {
      new Prepare(corpus(input, config), loaded, config, threads, listener, Duration.ZERO).into(to);
    }
    return Corpora.hashes(to);
  }

  private Map<String, String> inParts(
      Path input, PrepareConfig config, long bytes, PrepareListener listener, String out)
      throws IOException {
    Path to = folder.resolve(out);
    try (var loaded = Tokenizer.load(tokenizer)) {
      new PartedPrepare(corpus(input, config), loaded, config, bytes, listener)
          .into(to, new PartedPrepareTest.Crowd());
    }
    return Corpora.hashes(to);
  }

  /** The same documents in a folder for each domain and in files that have them all. */
  private Path writeBoth() throws IOException {
    Path apart = folder.resolve("apart");
    var random = new Random(3);
    List<List<String>> files = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    Map<String, List<String>> ofDomains = new TreeMap<>();
    NAMES.forEach(name -> ofDomains.put(name, new ArrayList<>()));
    List<String> documents = Corpora.documents(8, 900, 50);
    for (int i = 0; i < documents.size(); i++) {
      // The last domain is in the first file alone: it is resumed without a further document.
      String name = NAMES.get(random.nextInt(i < 300 ? NAMES.size() : NAMES.size() - 1));
      ofDomains.get(name).add(Json.line(Map.of("text", documents.get(i))));
      String meta = Json.line(Map.of("set", name, "n", List.of(1)));
      String text = Json.line(documents.get(i));
      files
          .get(i / 300)
          .add(
              i % 2 == 0
                  ? "{\"text\": %s, \"meta\": %s}".formatted(text, meta)
                  : "{\"id\": 1, \"meta\": %s, \"text\": %s}".formatted(meta, text));
    }
    for (var domain : ofDomains.entrySet()) {
      Files.createDirectories(apart.resolve(domain.getKey()));
      Files.write(apart.resolve(domain.getKey()).resolve("a.jsonl"), domain.getValue());
    }
    for (int i = 0; i < files.size(); i++) {
      Files.write(mixed.resolve("part-%d.jsonl".formatted(i)), files.get(i));
    }
    return apart;
  }

  private static Map<String, String> shards(Map<String, String> hashes) {
    var shards = new TreeMap<>(hashes);
    shards.remove(Manifest.FILE); // it names the input
    return shards;
  }

  @Test
  void theShardsOfAFolderForEachDomain() throws IOException {
    Path apart = writeBoth();
    for (String more : List.of("tokens=0", "tokens=600", "eval_sequences=3", "share=0.1:0.7")) {
      String name = more.replace(':', '-');
      var warnings = new Corpora.Warnings();
      Map<String, String> expected =
          shards(whole(apart, config(more), 1, warnings, "apart-" + name));
      assertThat(expected).hasSizeGreaterThan(NAMES.size());
      Map<String, String> one = whole(mixed, byField(more), 1, warnings, "one-" + name);
      assertThat(shards(one)).isEqualTo(expected);
      assertThat(whole(mixed, byField(more), 4, warnings, "four-" + name)).isEqualTo(one);
      for (long bytes : new long[] {20_001, 1L << 40}) {
        assertThat(inParts(mixed, byField(more), bytes, warnings, bytes + name)).isEqualTo(one);
      }
      assertThat(warnings.lines).isEmpty();
    }
    assertThat(Manifest.read(folder.resolve("one-tokens=0")).domains())
        .extracting(Manifest.Domain::name)
        .isEqualTo(NAMES.stream().sorted().toList());
  }

  @Test
  void goesOnAfterAnInterruption() throws IOException {
    writeBoth();
    var config = byField();
    Map<String, String> expected = whole(mixed, config, 1, new Corpora.Warnings(), "whole");
    for (int steps = 1; steps <= 6; steps++) { // a batch and an end for each file
      var interrupting = new Interrupting(steps);
      String out = "interrupted-" + steps;
      assertThatThrownBy(() -> whole(mixed, config, 1, interrupting, out))
          .isInstanceOf(IllegalStateException.class);
      assertThat(whole(mixed, config, 1, new Corpora.Warnings(), out)).isEqualTo(expected);
    }
  }

  private static final class Interrupting implements PrepareListener {
    private int left;

    Interrupting(int steps) {
      left = steps;
    }

    @Override
    public void progress(long bytes, long total, long documents, long tokens) {
      if (--left == 0) {
        throw new IllegalStateException("interrupted");
      }
    }

    @Override
    public void warning(String line) {}
  }

  @Test
  void splitsAreTheFirstNamesBelowTheFolder() throws IOException {
    // As published: SlimPajama has train/chunk1/*.jsonl.zst and validation/chunk1/*.jsonl.zst.
    List<String> lines = new ArrayList<>();
    for (String text : Corpora.documents(2, 200, 40)) {
      lines.add(Json.line(Map.of("text", text, "meta", Map.of("set", "RedPajamaC4"))));
    }
    for (String file : List.of("train/chunk1/a.jsonl", "train/b.jsonl", "validation/c/a.jsonl")) {
      Files.createDirectories(mixed.resolve(file).getParent());
      Files.write(mixed.resolve(file), lines);
    }
    Files.writeString(mixed.resolve("README.md"), "About it.\n");
    var warnings = new Corpora.Warnings();
    whole(mixed, byField(), 1, warnings, "out");
    var splits = Manifest.read(folder.resolve("out")).domains().getFirst().splits();
    assertThat(splits.get(Split.TRAIN).documents()).isEqualTo(400);
    assertThat(splits.get(Split.EVAL).documents()).isEqualTo(200);
    assertThat(warnings.lines).singleElement().asString().contains("README.md: left out");
  }

  @Test
  void recordsWithoutAFitNameAreMalformed() throws IOException {
    List<String> names =
        List.of(
            "\"../web\"",
            "\"a/b\"",
            "\"\"",
            "\" web\"",
            "\"web \"",
            "\"..\"",
            "\"_parts\"",
            "\"manifest.json\"",
            "\"progress.json.partial\"",
            "\"a\\u0000b\"",
            "\"a\\u202eb\"",
            "\"a\\\\b\"",
            "\"" + "x".repeat(256) + "\"",
            "\"" + "字".repeat(90) + "\"",
            "null",
            "17",
            "true",
            "[\"web\"]",
            "{\"name\": \"web\"}");
    List<String> lines = new ArrayList<>();
    for (String name : names) {
      lines.add("{\"text\": \"the heat\", \"meta\": {\"set\": %s}}".formatted(name));
    }
    lines.add("{\"text\": \"the heat\"}");
    lines.add("{\"text\": \"the heat\", \"meta\": \"web\"}");
    lines.add("{\"text\": \"the heat\", \"set\": \"web\"}");
    int malformed = lines.size();
    for (String text : Corpora.documents(2, 200, 40)) {
      lines.add(Json.line(Map.of("text", text, "meta.set", "web"))); // a name with a dot
    }
    Path file = Files.write(mixed.resolve("a.jsonl"), lines);
    var warnings = new Corpora.Warnings();
    var config = byField();
    Map<String, String> expected = whole(mixed, config, 1, warnings, "out");
    assertThat(Manifest.read(folder.resolve("out")).malformedRecords()).isEqualTo(malformed);
    assertThat(warnings.lines.subList(0, 2))
        .satisfiesExactly(
            first ->
                assertThat(first)
                    .startsWith("skipped %s:1: '../web' in 'meta.set' cannot".formatted(file)),
            second -> assertThat(second).startsWith("skipped %s:2: 'a/b' in".formatted(file)));
    var told = new Corpora.Warnings();
    assertThat(inParts(mixed, config, 5_000, told, "parts")).isEqualTo(expected);
    assertThat(told.lines).isEqualTo(warnings.lines);
    assertThatThrownBy(() -> whole(mixed, byField("max_bad_lines=21"), 1, warnings, "few"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("22 malformed records");
  }

  @Test
  void aFieldWithTooManyNamesIsRefused() throws IOException {
    writeNames(10_000);
    String told = "domain_field: has more than 500 names in 'meta.set'; name a field that tells";
    failing(() -> whole(mixed, byField(), 1, new Corpora.Warnings(), "out"))
        .hasMessageContaining(told);
    failing(() -> inParts(mixed, byField(), 1L << 40, new Corpora.Warnings(), "parts"))
        .hasMessageContaining(told);
    writeNames(501);
    long half = Files.size(mixed.resolve("a.jsonl")) / 2 + 1;
    failing(() -> inParts(mixed, byField(), half, new Corpora.Warnings(), "halves"))
        .hasMessageContaining(told);
  }

  private void writeNames(int count) throws IOException {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      lines.add(Json.line(Map.of("text", "the heat", "meta", Map.of("set", "name " + i))));
    }
    Files.write(mixed.resolve("a.jsonl"), lines);
  }

  @Test
  void aDomainTooSmallIsLeftOut() throws IOException {
    writeBoth();
    Path file = mixed.resolve("part-0.jsonl");
    List<String> lines = new ArrayList<>(Files.readAllLines(file));
    lines.add(2, "{\"text\": \"tooth\", \"meta\": {\"set\": \"tiny\"}}");
    Map<String, String> expected = whole(mixed, byField(), 1, new Corpora.Warnings(), "without");
    Files.write(file, lines);
    var warnings = new Corpora.Warnings();
    Map<String, String> hashes = whole(mixed, byField(), 1, warnings, "out");
    assertThat(warnings.lines)
        .singleElement()
        .asString()
        .startsWith("domain 'tiny': left out, its text for train is shorter");
    assertThat(shards(hashes)).isEqualTo(shards(expected));
    assertThat(folder.resolve("out/tiny")).doesNotExist();
    var told = new Corpora.Warnings();
    assertThat(inParts(mixed, byField(), 9_000, told, "parts")).isEqualTo(hashes);
    assertThat(told.lines).isEqualTo(warnings.lines);
    assertThat(folder.resolve("parts/tiny")).doesNotExist();

    Files.write(mixed.resolve("part-0.jsonl"), List.of(lines.get(2)));
    Files.delete(mixed.resolve("part-1.jsonl"));
    Files.delete(mixed.resolve("part-2.jsonl"));
    failing(() -> whole(mixed, byField(), 1, warnings, "none"))
        .hasMessageContaining("domain_field: no domain has the text of a sequence of 32 tokens");
    failing(() -> inParts(mixed, byField(), 1, warnings, "no-parts"))
        .hasMessageContaining("domain_field: no domain has the text of a sequence");
  }

  @Test
  void longRecordsNameTheirDomainsToo() throws IOException {
    String text = "the heat of the other tooth ".repeat(1 + LongText.LONGEST_DOCUMENT / 28);
    String spaces = " ".repeat(LongText.LONGEST_DOCUMENT);
    Files.write(
        mixed.resolve("a.jsonl"),
        List.of(
            "{\"text\": \"%s\", \"meta\": {\"set\": \"behind\"}}".formatted(text),
            "{\"meta\": {\"set\": \"before\"}, %s \"text\": \"the heat of it all\"}"
                .formatted(spaces),
            "{\"text\": \"the heat\", %s \"meta\": {\"set\": \"not/fit\"}}".formatted(spaces),
            "{\"text\": \"the heat\", %s \"meta\": {}}".formatted(spaces)));
    var config =
        PrepareConfig.of("seq_len=4", "eval_fraction=0", "domain_field=meta.set", "dtype=uint32");
    var warnings = new Corpora.Warnings();
    Map<String, String> hashes = whole(mixed, config, 1, warnings, "out");
    var manifest = Manifest.read(folder.resolve("out"));
    assertThat(manifest.malformedRecords()).isEqualTo(2);
    assertThat(manifest.domains())
        .satisfiesExactly(
            before -> {
              assertThat(before.name()).isEqualTo("before");
              assertThat(before.splits().get(Split.TRAIN).documents()).isEqualTo(1);
            },
            behind -> {
              assertThat(behind.name()).isEqualTo("behind");
              assertThat(behind.splits().get(Split.TRAIN).characters()).isEqualTo(text.length());
            });
    assertThat(warnings.lines)
        .anyMatch(line -> line.contains("a.jsonl:3: 'not/fit' in 'meta.set'"))
        .anyMatch(line -> line.contains("a.jsonl:4: no domain"));
    assertThat(inParts(mixed, config, 1 << 20, new Corpora.Warnings(), "parts")).isEqualTo(hashes);
  }

  @Test
  void columnsNameDomains() throws IOException, URISyntaxException {
    // By pyarrow: 60 rows in groups of 16; meta.set is null in 6, meta in 3, the text in one.
    Files.copy(
        Path.of(DomainFieldTest.class.getResource("/data/domains.parquet").toURI()),
        mixed.resolve("a.parquet"));
    var warnings = new Corpora.Warnings();
    Map<String, String> hashes = whole(mixed, byField("eval_fraction=0"), 1, warnings, "out");
    var manifest = Manifest.read(folder.resolve("out"));
    assertThat(manifest.domains())
        .satisfiesExactly(
            code -> assertThat(code.splits().get(Split.TRAIN).documents()).isEqualTo(34),
            web -> assertThat(web.splits().get(Split.TRAIN).documents()).isEqualTo(16));
    assertThat(manifest.malformedRecords()).isEqualTo(10);
    assertThat(warnings.lines)
        .anyMatch(line -> line.contains("a.parquet:1: no domain: 'meta.set' is absent or null"));
    assertThat(inParts(mixed, byField("eval_fraction=0"), 1_000, new Corpora.Warnings(), "parts"))
        .isEqualTo(hashes);
    failing(() -> whole(mixed, config("domain_field=meta.sett"), 1, warnings, "no"))
        .hasMessageContaining("a.parquet: no column 'meta.sett' (did you mean 'meta.set'?)");
    failing(() -> whole(mixed, config("domain_field=meta.n"), 1, warnings, "no-2"))
        .hasMessageContaining("a.parquet: column 'meta.n' is INT32, not a text a row");
  }

  @Test
  void conversationsNameDomains() throws IOException {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      lines.add(
          Json.line(
              Map.of(
                  "messages",
                  List.of(
                      Map.of("role", "user", "content", "the heat " + i),
                      Map.of("role", "assistant", "content", "the other tooth")),
                  "meta",
                  i == 7 ? Map.of() : Map.of("set", i % 2 == 0 ? "even" : "odd"))));
    }
    Files.write(mixed.resolve("a.jsonl"), lines);
    var warnings = new Corpora.Warnings();
    whole(
        mixed,
        byField("conversations=true", "template=alpaca", "seq_len=256", "packing=true"),
        1,
        warnings,
        "out");
    var manifest = Manifest.read(folder.resolve("out"));
    assertThat(manifest.domains()).extracting(Manifest.Domain::name).containsExactly("even", "odd");
    assertThat(
            manifest.domains().stream()
                .flatMap(domain -> domain.splits().values().stream())
                .mapToLong(Manifest.SplitData::documents)
                .sum())
        .isEqualTo(59);
    assertThat(warnings.lines).anyMatch(line -> line.contains("a.jsonl:8: no domain"));
  }

  @Test
  void mistakesAreTold() throws IOException {
    Files.writeString(mixed.resolve("a.txt"), "no fields\n");
    failing(() -> corpus(mixed, byField()))
        .hasMessageContaining("a.txt: has no records with fields to name domains");
    Files.delete(mixed.resolve("a.txt"));
    failing(() -> corpus(mixed, byField())).hasMessageContaining("no .jsonl, .txt or .parquet");
    failing(() -> new CorpusInput(null, List.of("a=" + mixed)).find(byField(), Storage.LOCAL))
        .hasMessageContaining("domain_field: the input names the domains already");
    failing(() -> config("domain_field=text"))
        .hasMessageContaining("domain_field: this is the field of the text");
    Files.writeString(mixed.resolve("a.orc"), "ORC");
    failing(() -> corpus(mixed, byField()))
        .hasMessageContaining("a.orc: ORC is read by 'drprune spark-prepare' alone");
  }

  private static AbstractThrowableAssert<?, ? extends Throwable> failing(ThrowingCallable call) {
    return assertThatThrownBy(call).isInstanceOf(UserException.class);
  }
}
