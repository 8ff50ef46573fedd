package io.github.drprune.data.prepare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.drprune.data.Manifest;
import io.github.drprune.data.PreparedData;
import io.github.drprune.data.Split;
import io.github.drprune.error.UserException;
import io.github.drprune.tokenizer.TinyTokenizer;
import io.github.drprune.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrepareMistakesTest {
  @TempDir private Path folder;
  private Path tokenizer;
  private Path corpus;
  private Path out;

  @BeforeEach
  void writeTokenizer() throws IOException {
    tokenizer = TinyTokenizer.write(folder.resolve("tokenizer"));
    corpus = Files.createDirectories(folder.resolve("corpus"));
    out = folder.resolve("out");
  }

  private AbstractThrowableAssert<?, ? extends Throwable> preparing() {
    return preparing(Corpora.config());
  }

  private AbstractThrowableAssert<?, ? extends Throwable> preparing(PrepareConfig config) {
    var thrown =
        assertThatThrownBy(() -> Corpora.prepare(corpus, tokenizer, config, out))
            .isInstanceOf(UserException.class)
            .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n"));
    assertThat(out.resolve(Manifest.FILE)).doesNotExist();
    return thrown;
  }

  private void write(String name, String content) throws IOException {
    Path file = corpus.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, content);
  }

  private static PrepareConfig withBadLines(long allowed) {
    return PrepareConfig.of(
        "seq_len=8", "eval_fraction=0", "shard_mib=1", "max_bad_lines=" + allowed);
  }

  @Test
  void malformedLinesAreCountedAndShownWithTheirPlace() throws IOException {
    String good = "{\"text\": \"%s\"}\n".formatted("the other ".repeat(10));
    write(
        "a.jsonl",
        good
            + "{\"text\": \"unclosed\n"
            + "\n"
            + "{\"body\": \"the\"}\n"
            + "{\"text\": 7}\n"
            + "[1]\n"
            + "{\"text\": \"x\"} {\"text\": \"y\"}\n"
            + good);
    preparing(withBadLines(4))
        .hasMessageContaining("5 malformed records, more than the 4 allowed")
        .hasMessageContaining("a.jsonl:2: ")
        .hasMessageContaining("a.jsonl:4: no field 'text' but [body]; name the field of the text")
        .hasMessageContaining("a.jsonl:5: field 'text' is not a string")
        .hasMessageContaining("a.jsonl:6: not a JSON object but an array")
        .hasMessageContaining("a.jsonl:7: more than one JSON value");
    // The same command with a higher limit goes on.
    var manifest = Corpora.prepare(corpus, tokenizer, withBadLines(5), out);
    assertThat(manifest.malformedRecords()).isEqualTo(5);
    assertThat(manifest.domains().getFirst().splits().get(Split.TRAIN).documents()).isEqualTo(2);
  }

  @Test
  void invalidUtf8IsAMalformedRecord() throws IOException {
    byte[] line = "{\"text\": \"caf?\"}\n".getBytes(StandardCharsets.US_ASCII);
    line[13] = (byte) 0xE9;
    Files.write(corpus.resolve("a.jsonl"), line);
    preparing(withBadLines(0)).hasMessageContaining("a.jsonl:1").hasMessageContaining("UTF-8");
    Files.delete(corpus.resolve("a.jsonl"));
    Files.write(corpus.resolve("b.txt"), new byte[] {'o', 'k', (byte) 0xC3});
    out = folder.resolve("out2");
    preparing(withBadLines(0)).hasMessageContaining("b.txt:1: invalid UTF-8 at byte 3");
  }

  @Test
  void emptyFilesAreNamedAndEmptyDomainsRefused() throws IOException {
    write("a/1.jsonl", "{\"text\": \"%s\"}".formatted("the ".repeat(100)));
    write("a/2.jsonl", "");
    var warnings = new Corpora.Warnings();
    try (var loaded = Tokenizer.load(tokenizer)) {
      new Prepare(CorpusFinder.in(corpus), loaded, Corpora.config(), warnings).into(out);
    }
    assertThat(warnings.lines).anyMatch(line -> line.endsWith("2.jsonl: holds no documents"));
    write("b.jsonl", "\n{\"text\": \"\"}\n");
    out = folder.resolve("out2");
    preparing().hasMessageContaining("domain 'b': no text in its files");
    Files.createDirectory(corpus.resolve("c"));
    preparing().hasMessageContaining("domain 'c': no .jsonl, .txt or .parquet files");
  }

  /** What pruning needs, the preparation tells. */
  @Test
  void aDomainWithoutHeldOutTextIsNamed() throws IOException {
    write("a.jsonl", "{\"text\": \"%s\"}\n".formatted("the other ".repeat(40)));
    var warnings = new Corpora.Warnings();
    try (var loaded = Tokenizer.load(tokenizer)) {
      new Prepare(CorpusFinder.in(corpus), loaded, withBadLines(0), warnings).into(out);
    }
    assertThat(warnings.lines)
        .singleElement()
        .asString()
        .startsWith("domain 'a': no held-out text, which pruning and training need");
  }

  @Test
  void whatIsNotAFileOfItsFormatIsNamed() throws IOException {
    String pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 7\n";
    write("a.parquet", pointer);
    preparing()
        .hasMessageContaining("a.parquet: a Git LFS pointer")
        .hasMessageContaining("git lfs");
    Files.writeString(tokenizer.resolve("tokenizer.json"), pointer);
    preparing().hasMessageContaining("tokenizer.json: a Git LFS pointer");
    Files.write(tokenizer.resolve("tokenizer.json"), new byte[] {'{', (byte) 0xFF, '}'});
    preparing().hasMessageContaining("tokenizer.json: not UTF-8 text");
  }

  @Test
  void controlCharactersAreEscaped() throws IOException {
    write("a.jsonl", "{\"\\u001b[31mred\": \"the\"}\n");
    preparing(withBadLines(0)).hasMessageContaining("[\\u001b[31mred]");
  }

  @Test
  void specialTokensInTheTextAreCountedOrText() throws IOException {
    write("a.jsonl", "{\"text\": \"%s\"}\n".formatted("the</s>other<s> ".repeat(20)));
    var warnings = new Corpora.Warnings();
    try (var loaded = Tokenizer.load(tokenizer)) {
      var corpora = CorpusFinder.in(corpus);
      var asTokens = new Prepare(corpora, loaded, withBadLines(0), warnings).into(out);
      assertThat(asTokens.specialTokensInText()).isEqualTo(40);
      assertThat(warnings.lines).anyMatch(line -> line.startsWith("40 special tokens were named"));
      String old = Files.readString(out.resolve(Manifest.FILE));
      String field = "  \"special_tokens_in_text\" : 40,\n";
      assertThat(old).contains(field);
      Files.writeString(out.resolve(Manifest.FILE), old.replace(field, ""));
      assertThat(Manifest.read(out).specialTokensInText()).isZero();
      var text =
          PrepareConfig.of(
              "seq_len=8",
              "eval_fraction=0",
              "shard_mib=1",
              "max_bad_lines=0",
              "special_tokens=text");
      Path plain = folder.resolve("plain");
      var asText = new Prepare(corpora, loaded, text, new Corpora.Warnings()).into(plain);
      assertThat(asText.specialTokensInText()).isZero();
      try (var data = PreparedData.open(plain)) {
        var tokens = PrepareTest.tokens(data.split("a", Split.TRAIN).orElseThrow());
        assertThat(tokens.subList(1, tokens.size())).doesNotContain(1);
      }
    }
  }

  @Test
  void tooLittleTextForASequence() throws IOException {
    write("a.jsonl", "{\"text\": \"the\"}");
    preparing()
        .hasMessageContaining("domain 'a': 3 tokens for train, fewer than one sequence of 32");
  }

  @Test
  void corruptAndTruncatedCompression() throws IOException {
    for (String name : List.of("a.jsonl.gz", "a.jsonl.zst")) {
      Path file = Corpora.jsonl(corpus.resolve(name), Corpora.documents(1, 500, 50));
      byte[] bytes = Files.readAllBytes(file);
      Files.write(file, Arrays.copyOf(bytes, bytes.length / 2));
      preparing().hasMessageContaining(name).hasMessageContaining("corrupt or truncated");
      bytes[bytes.length / 2] ^= 0x55;
      Files.write(file, bytes);
      preparing().hasMessageContaining(name);
      Files.write(file, new byte[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12});
      preparing().hasMessageContaining(name).hasMessageContaining("corrupt or truncated");
      Files.delete(file);
    }
  }

  @Test
  void brokenParquetAndMissingColumns() throws Exception {
    byte[] bytes = getClass().getResourceAsStream("/data/snappy.parquet").readAllBytes();
    Files.write(corpus.resolve("a.parquet"), bytes);
    preparing(
            PrepareConfig.of(
                "seq_len=8", "text_field=txt", "eval_fraction=0", "shard_mib=1", "max_bad_lines=5"))
        .hasMessageContaining("no column 'txt' (did you mean 'text'?)");
    preparing(
            PrepareConfig.of(
                "seq_len=8", "text_field=id", "eval_fraction=0", "shard_mib=1", "max_bad_lines=5"))
        .hasMessageContaining("column 'id' is INT64");
    Files.write(corpus.resolve("a.parquet"), Arrays.copyOf(bytes, bytes.length / 2));
    preparing().hasMessageContaining("a.parquet: corrupt or truncated (its end is missing)");
  }

  @Test
  void vocabularyThatDoesNotFit() throws IOException {
    write("a.jsonl", "{\"text\": \"the\"}");
    tokenizer = TinyTokenizer.write(folder.resolve("large"), 70_000);
    preparing(
            PrepareConfig.of(
                "seq_len=8", "eval_fraction=0", "dtype=uint16", "shard_mib=1", "max_bad_lines=0"))
        .hasMessageContaining("70,265 ids do not fit uint16; use uint32");
  }

  @Test
  void folderOfAnotherTokenizerOrOtherSettings() throws IOException {
    Corpora.jsonl(corpus.resolve("a.jsonl"), Corpora.documents(1, 50, 50));
    Corpora.prepare(corpus, tokenizer, Corpora.config(), out);
    var other = TinyTokenizer.write(folder.resolve("other"), 1);
    assertThatThrownBy(() -> Corpora.prepare(corpus, other, Corpora.config(), out))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("another tokenizer");
    assertThatThrownBy(() -> Corpora.prepare(corpus, tokenizer, withBadLines(1), out))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("other settings");
    Path foreign = Files.createDirectories(folder.resolve("foreign"));
    Files.writeString(foreign.resolve("thesis.txt"), "do not touch");
    assertThatThrownBy(() -> Corpora.prepare(corpus, tokenizer, Corpora.config(), foreign))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("thesis.txt");
  }

  @Test
  void unfinishedFolderOfAnotherTokenizer() throws IOException {
    Corpora.jsonl(corpus.resolve("a.jsonl"), Corpora.documents(1, 50, 50));
    write("b.jsonl", "broken");
    preparing(withBadLines(0));
    var first = tokenizer;
    tokenizer = TinyTokenizer.write(folder.resolve("other"), 1);
    preparing(withBadLines(0)).hasMessageContaining("unfinished data of another tokenizer");
    tokenizer = first;
    preparing(Corpora.config()).hasMessageContaining("unfinished data of other settings");
    // A file that was not reached may be mended: the domain finished before it is kept.
    write("b.jsonl", "{\"text\": \"the other\"}\n".repeat(30));
    Corpora.prepare(corpus, tokenizer, withBadLines(0), out);
    Corpora.prepare(corpus, tokenizer, withBadLines(0), folder.resolve("afresh"));
    assertThat(Corpora.hashes(out)).isEqualTo(Corpora.hashes(folder.resolve("afresh")));
  }

  @Test
  void nothingFinishedNothingHeld() throws IOException {
    write("a.jsonl", "broken");
    preparing(withBadLines(0));
    tokenizer = TinyTokenizer.write(folder.resolve("other"), 1);
    preparing(withBadLines(0)).hasMessageContaining("a.jsonl:1");
  }

  @Test
  void shardsChangedOrTruncatedAfterwards() throws IOException {
    Corpora.jsonl(corpus.resolve("a.jsonl"), Corpora.documents(1, 200, 50));
    Corpora.prepare(corpus, tokenizer, Corpora.config(), out);
    Path shard = out.resolve("a/train-00000.npy");
    byte[] bytes = Files.readAllBytes(shard);

    byte[] changed = bytes.clone();
    changed[500] ^= 1;
    Files.write(shard, changed);
    try (var data = PreparedData.open(out)) {
      assertThatThrownBy(() -> data.verify(n -> {}))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("train-00000.npy: its bytes are not those of the manifest");
    }
    // A token outside the vocabulary is caught even where nobody verified.
    changed[501] = (byte) 0xFF;
    Files.write(shard, changed);
    try (var data = PreparedData.open(out)) {
      var train = data.split("a", Split.TRAIN).orElseThrow();
      assertThatThrownBy(() -> train.row((500 - 128) / 64))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("the file was changed");
    }

    Files.write(shard, Arrays.copyOf(bytes, bytes.length - 64));
    opening().hasMessageContaining("train-00000.npy").hasMessageContaining("the manifest says");
    changed = bytes.clone();
    changed[0] = 'X';
    Files.write(shard, changed);
    opening().hasMessageContaining("not a NumPy file");
    Files.delete(shard);
    opening().hasMessageContaining("train-00000.npy: cannot be read");
    Files.delete(out.resolve(Manifest.FILE));
    opening().hasMessageContaining("no manifest.json there");
  }

  private AbstractThrowableAssert<?, ? extends Throwable> opening() {
    return assertThatThrownBy(() -> PreparedData.open(out)).isInstanceOf(UserException.class);
  }

  @Test
  void shardTruncatedWhileInUse() throws IOException {
    Corpora.jsonl(corpus.resolve("a.jsonl"), Corpora.documents(1, 400, 50));
    Corpora.prepare(
        corpus,
        tokenizer,
        PrepareConfig.of("seq_len=32", "eval_fraction=0", "shard_mib=1", "max_bad_lines=0"),
        out);
    try (var data = PreparedData.open(out)) {
      var train = data.split("a", Split.TRAIN).orElseThrow();
      try (var file =
          Files.newByteChannel(
              out.resolve("a/train-00000.npy"), java.nio.file.StandardOpenOption.WRITE)) {
        file.truncate(256);
      }
      assertThatThrownBy(() -> train.row(train.count() - 1))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("became shorter while in use");
    }
  }

  @Test
  void noSpaceLeftOnTheDevice() throws Exception {
    Path disk = Files.createDirectory(folder.resolve("disk"));
    int mounted =
        new ProcessBuilder("mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", disk.toString())
            .redirectErrorStream(true)
            .start()
            .waitFor();
    assumeTrue(mounted == 0, "mounting a small disk needs root");
    try {
      Corpora.jsonl(corpus.resolve("a.jsonl"), Corpora.documents(1, 2000, 100));
      out = disk.resolve("out");
      preparing(PrepareConfig.of("seq_len=32", "eval_fraction=0", "shard_mib=1", "max_bad_lines=0"))
          .hasMessageContaining("no space left on the device; make room and repeat the command");
      // With room, the same command goes on.
      new ProcessBuilder("mount", "-o", "remount,size=16m", disk.toString()).start().waitFor();
      Corpora.prepare(
          corpus,
          tokenizer,
          PrepareConfig.of("seq_len=32", "eval_fraction=0", "shard_mib=1", "max_bad_lines=0"),
          out);
      try (var data = PreparedData.open(out)) {
        data.verify(n -> {});
      }
    } finally {
      new ProcessBuilder("umount", disk.toString()).start().waitFor();
    }
  }

  @Test
  void twoPreparationsAtOnce() throws IOException {
    Corpora.jsonl(corpus.resolve("a.jsonl"), Corpora.documents(1, 200, 50));
    try (var loaded = Tokenizer.load(tokenizer)) {
      var inner =
          new PrepareListener() {
            @Override
            public void progress(long bytes, long total, long documents, long tokens) {
              assertThatThrownBy(() -> Corpora.prepare(corpus, tokenizer, Corpora.config(), out))
                  .isInstanceOf(UserException.class)
                  .hasMessageContaining("another 'drprune prepare'");
            }

            @Override
            public void warning(String line) {}
          };
      new Prepare(CorpusFinder.in(corpus), loaded, Corpora.config(), 1, inner, Duration.ZERO)
          .into(out);
    }
  }

  @Test
  void settingsOutOfRange() throws IOException {
    assertThatThrownBy(() -> PrepareConfig.of("seq_len=1"))
        .hasMessageContaining("seq_len: 1 is out of range");
    assertThatThrownBy(() -> PrepareConfig.of("seq_len=8", "eval_fraction=1"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("eval_fraction: 1.0 is out of range");
    var fine = PrepareConfig.of("seq_len=8");
    var negative =
        new PrepareConfig(
            8,
            "text",
            fine.domainField(),
            0,
            -1,
            fine.share(),
            fine.tokens(),
            fine.dtype(),
            fine.shardMib(),
            fine.maxBadLines(),
            fine.specialTokens(),
            false,
            fine.template(),
            false);
    write("a.jsonl", "{\"text\": \"the\"}\n");
    preparing(negative).hasMessageContaining("eval_sequences: -1 is out of range");
  }
}
