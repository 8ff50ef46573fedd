package io.github.drprune.data.prepare;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.drprune.data.Manifest;
import io.github.drprune.data.PreparedData;
import io.github.drprune.data.Split;
import io.github.drprune.data.TokenSequences;
import io.github.drprune.data.TokenType;
import io.github.drprune.tokenizer.TinyTokenizer;
import io.github.drprune.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PrepareTest {
  @TempDir private Path folder;
  private Path tokenizer;
  private Path out;

  @BeforeEach
  void writeTokenizer() throws IOException {
    tokenizer = TinyTokenizer.write(folder.resolve("tokenizer"));
    out = folder.resolve("out");
  }

  @Test
  void sameBytesWithAnyNumberOfThreads() throws IOException {
    Path input = Corpora.corpus(folder.resolve("corpus"));
    try (var loaded = Tokenizer.load(tokenizer)) {
      Corpora.prepare(input, loaded, Corpora.config(), 1, out);
      var expected = Corpora.hashes(out);
      assertThat(expected.keySet())
          .contains("manifest.json", "web/train-00003.npy", "web/eval-00000.npy");
      for (int threads : List.of(2, 8)) {
        Path other = folder.resolve("out-" + threads);
        Corpora.prepare(input, loaded, Corpora.config(), threads, other);
        assertThat(Corpora.hashes(other)).isEqualTo(expected);
      }
    }
  }

  @Test
  void dataThatLostAFileIsPreparedAgain() throws IOException {
    Path input = Corpora.corpus(folder.resolve("corpus"));
    Corpora.prepare(input, tokenizer, Corpora.config(), out);
    var expected = Corpora.hashes(out);
    Files.delete(out.resolve("web/train-00003.npy"));
    Files.writeString(out.resolve("web/eval-00000.npy"), "cut");
    Corpora.prepare(input, tokenizer, Corpora.config(), out);
    assertThat(Corpora.hashes(out)).isEqualTo(expected);
  }

  @Test
  void packedTokensAreTheDocumentsInOrderWithTheirMarks() throws IOException {
    var documents = Corpora.documents(1, 100, 50);
    Path input = Corpora.jsonl(folder.resolve("corpus/a.jsonl"), documents).getParent();
    var manifest =
        Corpora.prepare(
            input,
            tokenizer,
            PrepareConfig.of(
                "seq_len=16", "eval_fraction=0", "shard_mib=0.00390625", "max_bad_lines=0"),
            out);
    var expected = new ArrayList<Integer>();
    try (var loaded = Tokenizer.load(tokenizer)) {
      for (String document : documents) {
        expected.add(TinyTokenizer.BOS);
        IntStream.of(loaded.encode(document)).forEach(expected::add);
        expected.add(TinyTokenizer.EOS);
      }
    }
    try (var data = PreparedData.open(out)) {
      var packed = tokens(data.split("a", Split.TRAIN).orElseThrow());
      assertThat(packed).isEqualTo(expected.subList(0, expected.size() / 16 * 16));
    }
    var split = manifest.domains().getFirst().splits().get(Split.TRAIN);
    assertThat(split.tokens()).isEqualTo(expected.size());
    assertThat(split.unusedTokens()).isEqualTo(expected.size() % 16);
    assertThat(split.documents()).isEqualTo(100);
    assertThat(split.characters())
        .isEqualTo(documents.stream().mapToLong(d -> d.codePointCount(0, d.length())).sum());
  }

  @Test
  void noDocumentIsOnBothSides() throws IOException {
    // Twice the same documents: copies must not end up on different sides.
    var documents = new ArrayList<>(Corpora.documents(1, 400, 30));
    documents.addAll(Corpora.documents(1, 400, 30));
    Path input = Corpora.jsonl(folder.resolve("corpus/a.jsonl"), documents).getParent();
    Corpora.prepare(
        input,
        tokenizer,
        PrepareConfig.of("seq_len=8", "eval_fraction=0.2", "shard_mib=1", "max_bad_lines=0"),
        out);
    try (var data = PreparedData.open(out);
        var loaded = Tokenizer.load(tokenizer)) {
      var train = new HashSet<>(documents(loaded, data.split("a", Split.TRAIN).orElseThrow()));
      var eval = new HashSet<>(documents(loaded, data.split("a", Split.EVAL).orElseThrow()));
      assertThat(eval).hasSizeBetween(40, 120).doesNotContainAnyElementsOf(train);
    }
  }

  @Test
  void heldOutSequencesCanBeLimited() throws IOException {
    Path input =
        Corpora.jsonl(folder.resolve("corpus/a.jsonl"), Corpora.documents(1, 400, 30)).getParent();
    var manifest =
        Corpora.prepare(
            input,
            tokenizer,
            PrepareConfig.of(
                "seq_len=8",
                "eval_fraction=0.2",
                "eval_sequences=7",
                "shard_mib=1",
                "max_bad_lines=0"),
            out);
    var eval = manifest.domains().getFirst().splits().get(Split.EVAL);
    assertThat(eval.sequences()).isEqualTo(7);
    assertThat(eval.unusedTokens()).isEqualTo(eval.tokens() - 7 * 8);
  }

  @Test
  void everyFormatGivesTheSameText() throws IOException {
    var documents = Corpora.documents(1, 60, 50);
    Path corpus = folder.resolve("corpus");
    for (String name : List.of("plain.jsonl", "gz.jsonl.gz", "zst.jsonl.zst")) {
      Corpora.jsonl(corpus.resolve(name), documents);
    }
    for (int i = 0; i < documents.size(); i++) {
      Path file = corpus.resolve("text/%03d.txt".formatted(i));
      Files.createDirectories(file.getParent());
      Files.writeString(file, documents.get(i));
    }
    Corpora.prepare(
        corpus,
        tokenizer,
        PrepareConfig.of(
            "seq_len=16", "eval_fraction=0", "shard_mib=0.00390625", "max_bad_lines=0"),
        out);
    try (var data = PreparedData.open(out)) {
      var expected = tokens(data.split("plain", Split.TRAIN).orElseThrow());
      for (String domain : List.of("gz", "zst", "text")) {
        assertThat(tokens(data.split(domain, Split.TRAIN).orElseThrow())).isEqualTo(expected);
      }
    }
  }

  @Test
  void readsParquetAsHuggingFaceWritesIt() throws Exception {
    // 205 rows, one null, one empty; written by pyarrow with snappy and with zstd.
    for (String file : List.of("snappy.parquet", "zstd.parquet")) {
      Path domain =
          Files.createDirectories(folder.resolve("corpus").resolve(file.replace('.', '-')));
      Files.copy(
          Path.of(getClass().getResource("/data/" + file).toURI()), domain.resolve("0.parquet"));
    }
    var manifest =
        Corpora.prepare(
            folder.resolve("corpus"),
            tokenizer,
            PrepareConfig.of("seq_len=8", "eval_fraction=0", "shard_mib=1", "max_bad_lines=2"),
            out);
    assertThat(manifest.malformedRecords()).isEqualTo(2);
    try (var data = PreparedData.open(out);
        var loaded = Tokenizer.load(tokenizer)) {
      for (String domain : data.domains()) {
        var documents = documents(loaded, data.split(domain, Split.TRAIN).orElseThrow());
        assertThat(documents)
            .startsWith(
                "The first document of a column.",
                "Zweites Dokument mit Umlauten: äöü.",
                "文字 and 😀 in one row.",
                "row 0 says ");
        assertThat(documents).hasSizeGreaterThanOrEqualTo(202);
      }
    }
  }

  @Test
  void largeVocabulariesTakeFourBytes() throws IOException {
    Path large = TinyTokenizer.write(folder.resolve("large"), 70_000);
    Path input =
        Corpora.jsonl(folder.resolve("corpus/a.jsonl"), Corpora.documents(1, 40, 50)).getParent();
    var manifest = Corpora.prepare(input, large, Corpora.config(), out);
    assertThat(manifest.tokenType()).isEqualTo(TokenType.UINT32);
    Corpora.prepare(input, tokenizer, Corpora.config(), folder.resolve("small"));
    try (var wide = PreparedData.open(out);
        var narrow = PreparedData.open(folder.resolve("small"))) {
      assertThat(tokens(wide.split("a", Split.TRAIN).orElseThrow()))
          .isEqualTo(tokens(narrow.split("a", Split.TRAIN).orElseThrow()));
    }
  }

  @Test
  void aFinishedFolderIsLeftAsItIs() throws IOException {
    Path input = Corpora.corpus(folder.resolve("corpus"));
    var first = Corpora.prepare(input, tokenizer, Corpora.config(), out);
    var before = Files.getLastModifiedTime(out.resolve(Manifest.FILE));
    assertThat(Corpora.prepare(input, tokenizer, Corpora.config(), out)).isEqualTo(first);
    assertThat(Files.getLastModifiedTime(out.resolve(Manifest.FILE))).isEqualTo(before);
  }

  @Test
  void longTextFilesAreCutAtLineEnds() throws IOException {
    String line = "the other line of a long file\n";
    String text = line.repeat(3 * LongText.LONGEST_DOCUMENT / line.length());
    Files.createDirectories(folder.resolve("corpus"));
    Files.writeString(folder.resolve("corpus/a.txt"), text);
    var manifest =
        Corpora.prepare(
            folder.resolve("corpus"),
            tokenizer,
            PrepareConfig.of("seq_len=64", "eval_fraction=0", "shard_mib=16", "max_bad_lines=0"),
            out);
    var train = manifest.domains().getFirst().splits().get(Split.TRAIN);
    // Three pieces a little shorter than the limit, and the line that did not fit.
    assertThat(train.documents()).isEqualTo(4);
    assertThat(train.characters()).isEqualTo(text.length());
  }

  static List<Integer> tokens(TokenSequences sequences) {
    var tokens = new ArrayList<Integer>();
    for (long row = 0; row < sequences.count(); row++) {
      IntStream.of(sequences.row(row)).forEach(tokens::add);
    }
    return tokens;
  }

  /** The whole documents of packed sequences. */
  static List<String> documents(Tokenizer tokenizer, TokenSequences sequences) {
    var documents = new ArrayList<String>();
    var ids = new ArrayList<Integer>();
    for (int token : tokens(sequences)) {
      switch (token) {
        case TinyTokenizer.BOS -> ids.clear();
        case TinyTokenizer.EOS ->
            documents.add(tokenizer.decode(ids.stream().mapToInt(Integer::intValue).toArray()));
        default -> ids.add(token);
      }
    }
    return documents;
  }
}
