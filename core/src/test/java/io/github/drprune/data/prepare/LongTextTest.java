package io.github.drprune.data.prepare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.drprune.data.Manifest;
import io.github.drprune.data.PreparedData;
import io.github.drprune.data.Split;
import io.github.drprune.error.UserException;
import io.github.drprune.tokenizer.TinyTokenizer;
import io.github.drprune.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LongTextTest {
  private static final int MIB = 1 << 20;

  @TempDir private Path folder;
  private Path tokenizer;
  private Path out;
  private final Corpora.Warnings warnings = new Corpora.Warnings();

  @BeforeEach
  void files() throws IOException {
    tokenizer = TinyTokenizer.write(folder.resolve("tokenizer"));
    out = folder.resolve("out");
  }

  private static List<String> pieces(String text, int longest) throws IOException {
    var pieces = new ArrayList<String>();
    try (var cutter = new LongText.Pieces(new StringReader(text), longest)) {
      for (String piece = cutter.next(); piece != null; piece = cutter.next()) {
        pieces.add(piece);
      }
    }
    return pieces;
  }

  private Manifest prepare(Path input, double evalFraction, int maxBadLines) throws IOException {
    var config =
        PrepareConfig.of(
            "seq_len=8",
            "eval_fraction=" + evalFraction,
            "shard_mib=16",
            "max_bad_lines=" + maxBadLines);
    try (var loaded = Tokenizer.load(tokenizer)) {
      return new Prepare(CorpusFinder.of(List.of("a=" + input)), loaded, config, warnings)
          .into(out);
    }
  }

  private List<Integer> tokens(Split split) throws IOException {
    try (var data = PreparedData.open(out)) {
      return PrepareTest.tokens(data.split("a", split).orElseThrow());
    }
  }

  @Test
  void cutsAtLineEndsThenAtSpacesThenBetweenCharacters() throws IOException {
    assertThat(pieces("abc", 3)).containsExactly("abc");
    assertThat(pieces("a b\nc d e", 5)).containsExactly("a b\n", "c d e");
    assertThat(pieces("ab cdefgh", 4)).containsExactly("ab ", "cdef", "gh");
    assertThat(pieces("a😀😀😀", 4)).containsExactly("a😀", "😀😀");
  }

  /** One record of 5 MiB: several documents of one split, and the user is told. */
  @Test
  void aLongRecordBecomesSeveralDocuments() throws IOException {
    String line = "the other heat\n";
    int lines = 5 * MIB / line.length();
    Path input = Corpora.jsonl(folder.resolve("a.jsonl"), List.of("the heat", line.repeat(lines)));
    var train = prepare(input, 0, 0).domains().getFirst().splits().get(Split.TRAIN);
    assertThat(train.documents()).isEqualTo(1 + 5);
    assertThat(train.characters()).isEqualTo(8 + (long) lines * line.length());
    try (var loaded = Tokenizer.load(tokenizer)) {
      long pieces = loaded.encode("the heat").length + (long) lines * loaded.encode(line).length;
      assertThat(train.tokens()).isEqualTo(pieces + 2 * train.documents());
    }
    assertThat(warnings.lines)
        .anyMatch(
            warning -> warning.startsWith(input + ":2: this record alone is 99% of the text"));
  }

  /**
   * Whatever surrounds and spells the text, the tokens are those of its pieces, and lines around
   * the long one keep their place.
   */
  @Test
  void aLongRecordGivesTheTokensOfItsPieces() throws IOException {
    String text = "the één \"heat\" \\ 文字 😀 tooth/end\n\t\b\f\r".repeat(30_000);
    String escaped =
        text.replace("\\", "\\\\")
            .replace("\"", "\\\"")
            .replace("/", "\\/")
            .replace("\n", "\\n")
            .replace("\t", "\\t")
            .replace("\b", "\\b")
            .replace("\f", "\\f")
            .replace("\r", "\\r")
            .replace("文", "\\u6587")
            .replace("😀", "\\uD83D\\ude00");
    String filler = "x\\u0041".repeat(MIB / 4);
    String record =
        "{\"text\": \"an earlier one\", \"meta\": {\"text\": [\"%s\", 1.5]}, \"text\" : \"%s\", \"n\": null}"
            .formatted(filler, escaped);
    Path input = folder.resolve("a.jsonl");
    Files.writeString(input, "{\"text\": \"the\"}\r\n" + record + "\r\n\n{\"text\": \"heat\"}");
    prepare(input, 0, 0);

    var expected = new ArrayList<Integer>();
    try (var loaded = Tokenizer.load(tokenizer)) {
      var documents = new ArrayList<String>();
      documents.add("the");
      documents.addAll(pieces(text, MIB));
      documents.add("heat");
      for (String document : documents) {
        expected.add(TinyTokenizer.BOS);
        for (int token : loaded.encode(document)) {
          expected.add(token);
        }
        expected.add(TinyTokenizer.EOS);
      }
    }
    assertThat(expected.size() % 8 == 0 ? expected : expected.subList(0, expected.size() / 8 * 8))
        .isEqualTo(tokens(Split.TRAIN));
  }

  /** The split of a text does not depend on how it was read. */
  @Test
  void theSplitIsThatOfTheTextHeldWhole() throws IOException {
    var holdOut = new HoldOut(0.5, DocumentShare.WHOLE);
    for (int i = 0; i < 64; i++) {
      String text = "text " + i;
      assertThat(holdOut.splitOf(null, text.length(), new StringReader(text)))
          .isEqualTo(holdOut.splitOf(null, text));
    }
    for (int i = 0; i < 2; i++) {
      String text = (i + " the heat\n").repeat(MIB / 8);
      Path input = Corpora.jsonl(folder.resolve(i + ".jsonl"), List.of(text));
      out = folder.resolve("out-" + i);
      assertThat(prepare(input, 0.5, 0).domains().getFirst().splits())
          .containsOnlyKeys(holdOut.splitOf(null, text));
    }
  }

  /** A long line that turns out to be malformed leaves no part of a document. */
  @Test
  void aMalformedLongRecordLeavesNothing() throws IOException {
    String text = "the heat ".repeat(MIB / 4);
    List<String> malformed =
        List.of(
            "{\"text\": \"" + text,
            "{\"text\": \"" + text + "\"} x",
            "{\"text\": \"" + text + "\"} {}",
            "{\"text\": \"" + text + "\", \"n\": }",
            "{\"text\": \"" + text + "\\x\"}",
            "{\"other\": \"" + text + "\"}",
            "{\"other\": \"" + text + "\", \"text\": 1}",
            "[{\"text\": \"" + text + "\"}]",
            text);
    Path input = folder.resolve("a.jsonl");
    String good = "{\"text\": \"the heat the heat the heat\"}\n";
    Files.writeString(input, good + String.join("\n" + good, malformed));
    var manifest = prepare(input, 0, malformed.size());
    assertThat(manifest.malformedRecords()).isEqualTo(malformed.size());
    var train = manifest.domains().getFirst().splits().get(Split.TRAIN);
    assertThat(train.documents()).isEqualTo(malformed.size());
    assertThat(train.characters()).isEqualTo(26L * malformed.size());
    assertThat(warnings.lines)
        .anyMatch(line -> line.startsWith("skipped " + input + ":2: column "))
        .anyMatch(line -> line.startsWith("skipped " + input + ":4: column "));
    assertThat(out).isDirectoryNotContaining("glob:**spool*");
  }

  @Test
  void bytesThatAreNotUtf8InALongRecordAreTold() throws IOException {
    byte[] record = ("{\"text\": \"" + "the heat ".repeat(MIB / 4) + "\"}").getBytes("UTF-8");
    record[record.length - 20] = (byte) 0xFF;
    Path input = folder.resolve("a.jsonl");
    Files.write(input, record);
    assertThatThrownBy(() -> prepare(input, 0, 0))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(input + ":1: column ")
        .hasMessageContaining("UTF-8");
  }

  /** Text without line ends is cut as well, at spaces or between characters. */
  @Test
  void plainTextWithoutLineEndsIsCut() throws IOException {
    Path spaced = folder.resolve("spaced.txt");
    String text = "heat ".repeat(MIB / 2);
    Files.writeString(spaced, text);
    var train = prepare(spaced, 0, 0).domains().getFirst().splits().get(Split.TRAIN);
    assertThat(train.documents()).isEqualTo(3);
    assertThat(train.characters()).isEqualTo(text.length());

    Path dense = folder.resolve("dense.txt");
    Files.writeString(dense, "x" + "文".repeat(MIB));
    out = folder.resolve("out-dense");
    var cut = prepare(dense, 0, 0).domains().getFirst().splits().get(Split.TRAIN);
    assertThat(cut.documents()).isEqualTo(4);
    assertThat(cut.characters()).isEqualTo(1 + MIB);
  }

  /** Written by pyarrow: "the heat", 180,000 lines "the other heat", null, "other". */
  @Test
  void aLongValueOfAParquetFileIsCut() throws Exception {
    Path input = Path.of(LongTextTest.class.getResource("/data/long.parquet").toURI());
    var train = prepare(input, 0, 1).domains().getFirst().splits().get(Split.TRAIN);
    assertThat(train.documents()).isEqualTo(1 + 3 + 1);
    assertThat(train.characters()).isEqualTo(8 + 180_000L * 15 + 5);
    assertThat(warnings.lines)
        .contains("skipped " + input + ":3: the text is null")
        .anyMatch(
            warning -> warning.startsWith(input + ":2: this record alone is 99% of the text"));
  }

  /** 64 MB on one line in a heap of 96 MiB, which could not hold it twice. */
  @Test
  void memoryDoesNotGrowWithARecord() throws Exception {
    Path input = folder.resolve("input/a/train.jsonl");
    Files.createDirectories(input.getParent());
    byte[] lines = "the other heat\\n".repeat(1 << 16).getBytes("UTF-8");
    try (var stream = Files.newOutputStream(input)) {
      stream.write("{\"meta\": \"".getBytes("UTF-8"));
      for (int i = 0; i < 56; i++) {
        stream.write(lines);
      }
      stream.write("\", \"text\": \"".getBytes("UTF-8"));
      for (int i = 0; i < 8; i++) {
        stream.write(lines);
      }
      stream.write("\"}\n".getBytes("UTF-8"));
    }
    Path log = folder.resolve("log");
    var process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-XX:+UseSerialGC",
                "-Xmx96m",
                "-cp",
                System.getProperty("java.class.path"),
                PrepareKillTest.Victim.class.getName(),
                input.getParent().getParent().toString(),
                tokenizer.toString(),
                "2",
                out.toString(),
                "false")
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    assertThat(process.waitFor()).as(Files.readString(log)).isZero();
    var train = Manifest.read(out).domains().getFirst().splits().get(Split.TRAIN);
    assertThat(train.characters()).isEqualTo(8L * (1 << 16) * 15);
  }
}
