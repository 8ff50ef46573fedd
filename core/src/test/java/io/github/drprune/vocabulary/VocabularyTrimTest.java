package io.github.drprune.vocabulary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.drprune.data.prepare.CorpusFinder;
import io.github.drprune.data.prepare.CorpusTexts;
import io.github.drprune.error.UserException;
import io.github.drprune.io.ByteSize;
import io.github.drprune.json.Json;
import io.github.drprune.model.ConfigReader;
import io.github.drprune.model.ModelShape;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.model.NewModel;
import io.github.drprune.safetensors.CheckpointReader;
import io.github.drprune.safetensors.Dtype;
import io.github.drprune.safetensors.SafetensorsWriter;
import io.github.drprune.safetensors.TensorSpec;
import io.github.drprune.tokenizer.TinyTokenizer;
import io.github.drprune.tokenizer.Tokenizer;
import io.github.drprune.tokenizer.TokenizerDefinition;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import java.util.function.BiFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class VocabularyTrimTest {
  private static final List<String> WORDS =
      List.of(
          "pruning",
          "prunes",
          "a",
          "model",
          "models",
          "until",
          "it",
          "is",
          "small",
          "smaller",
          "größer",
          "modell",
          "模型",
          "=>",
          "{x:1}",
          "1984",
          "embedding",
          "embed",
          "ding");

  @TempDir private Path folder;

  /** The kinds of tokenizers. */
  enum Kind {
    BYTE_LEVEL(SmallTokenizer::byteLevel),
    BYTE_FALLBACK(SmallTokenizer::byteFallback),
    UNIGRAM(SmallTokenizer::unigram);

    private final BiFunction<List<String>, Integer, String> learned;

    Kind(BiFunction<List<String>, Integer, String> learned) {
      this.learned = learned;
    }
  }

  private static List<String> texts(int count, int words, long seed) {
    var random = new SplittableRandom(seed);
    return IntStream.range(0, count)
        .mapToObj(
            _ -> random.ints(8, 0, words).mapToObj(WORDS::get).collect(Collectors.joining(" ")))
        .toList();
  }

  /** A checkpoint whose embedding tells its rows apart. */
  private Path checkpoint(Kind kind, boolean tied) throws IOException {
    return checkpoint(kind, tied, 3);
  }

  /**
   * As {@link #checkpoint(Kind, boolean)}.
   *
   * @param spare rows that no token has
   */
  private Path checkpoint(Kind kind, boolean tied, int spare) throws IOException {
    Path model = Files.createDirectory(folder.resolve("model"));
    Files.writeString(
        model.resolve("tokenizer.json"), kind.learned.apply(texts(200, WORDS.size(), 1), 150));
    Files.writeString(
        model.resolve("tokenizer_config.json"),
        """
        {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>",
         "added_tokens_decoder": {"0": {"content": "<unk>"}, "2": {"content": "</s>"}}}
        """);
    Files.writeString(model.resolve("merges.txt"), "stale");
    Files.writeString(
        model.resolve("generation_config.json"), "{\"eos_token_id\": [2, 300], \"top_k\": 5}");
    int size = TokenizerDefinition.read(model).size();
    ModelSpec spec = NewModel.of("llama", new ModelShape(4, 1, 1, 1, 4), size + spare, 64);
    String config =
        spec.toJson().put("tie_word_embeddings", tied).put("eos_token_id", 2).toString();
    Files.writeString(model.resolve("config.json"), config);
    ModelSpec read = ConfigReader.read(model);
    SafetensorsWriter.writeCheckpoint(
        model,
        read.tensors().values().stream()
            .map(tensor -> TensorSpec.of(tensor.name(), Dtype.F32, tensor.sizes()))
            .toList(),
        ByteSize.parse("1GB"),
        (tensor, sink) -> sink.write(MemorySegment.ofArray(bytes(tensor))));
    return model;
  }

  private static byte[] bytes(TensorSpec tensor) {
    var bytes = ByteBuffer.allocate((int) tensor.byteSize());
    bytes.order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < tensor.elements(); i++) {
      bytes.putFloat(i);
    }
    return bytes.array();
  }

  private Path corpus(int words) throws IOException {
    Path corpus = folder.resolve("corpus.txt");
    Files.write(corpus, texts(50, words, 2));
    return corpus;
  }

  private VocabularyTrim trim(Path model, int words, int keep, int multiple) throws IOException {
    return new VocabularyTrim(
        model,
        corpus(words),
        "text",
        OptionalInt.of(keep),
        OptionalDouble.empty(),
        multiple,
        folder.resolve("trimmed"));
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void keptTextsStayAsTheyWereAndAnyTextIsEncoded(Kind kind) throws IOException {
    Path model = checkpoint(kind, false);
    var result = trim(model, 12, 300, 8).write(_ -> {}, _ -> {});
    assertThat(result.tokensAfter()).isEqualTo(304);
    Path trimmed = folder.resolve("trimmed");
    int[] kept = keptIds(model, trimmed);
    assertThat(kept).hasSize(304).isSorted();
    try (var before = Tokenizer.load(model);
        var after = Tokenizer.load(trimmed)) {
      int unchanged = 0;
      List<String> all = new ArrayList<>(texts(200, WORDS.size(), 3));
      all.addAll(List.of("", " ", "Ünïcödé\t\n\r", "🚀 zero\u200bwidth", "<s>a</s>", "ΑΒΓ"));
      for (String text : all) {
        int[] ids = before.encode(text);
        int[] expected = renumbered(ids, kept);
        if (expected != null) {
          unchanged++;
          assertThat(after.encode(text)).as(text).isEqualTo(expected);
        }
        assertThat(after.decode(after.encode(text))).as(text).isEqualTo(before.decode(ids));
      }
      assertThat(unchanged).isBetween(5, all.size() - 5);
    }
  }

  @Test
  void aTokenBeyondTheVocabularyStaysBeyondIt() throws IOException {
    Path model = checkpoint(Kind.BYTE_FALLBACK, true, 0);
    int image = TinyTokenizer.add(model, "<image>");
    var result = trim(model, 12, 300, 1).write(_ -> {}, _ -> {});
    assertThat(result.tokensAfter()).isEqualTo(300);
    Path trimmed = folder.resolve("trimmed");
    assertThat(keptIds(model, trimmed)).hasSize(300).doesNotContain(image);
    try (var tokenizer = Tokenizer.load(trimmed)) {
      assertThat(tokenizer.encode("<image>")).containsExactly(300);
    }
  }

  private static int[] renumbered(int[] ids, int[] kept) {
    int[] renumbered = Arrays.stream(ids).map(id -> Arrays.binarySearch(kept, id)).toArray();
    return Arrays.stream(renumbered).allMatch(id -> id >= 0) ? renumbered : null;
  }

  /** What the rows of the embedding, which tell themselves apart, were before. */
  private static int[] keptIds(Path model, Path trimmed) throws IOException {
    try (var before = CheckpointReader.open(model);
        var after = CheckpointReader.open(trimmed)) {
      MemorySegment rows = after.segment("model.embed_tokens.weight");
      int[] kept =
          IntStream.range(0, (int) rows.byteSize() / 16)
              .map(row -> (int) rows.getAtIndex(ValueLayout.JAVA_FLOAT_UNALIGNED, 4L * row) / 4)
              .toArray();
      for (String name : before.tensors().keySet()) {
        MemorySegment old = before.segment(name);
        boolean cut = name.equals("lm_head.weight") || name.equals("model.embed_tokens.weight");
        for (int row = 0; cut && row < kept.length; row++) {
          assertThat(
                  after
                      .segment(name)
                      .asSlice(16L * row, 16)
                      .mismatch(old.asSlice(16L * kept[row], 16)))
              .as("%s row %d", name, row)
              .isEqualTo(-1);
        }
        assertThat(cut || after.segment(name).mismatch(old) == -1).as(name).isTrue();
      }
      return kept;
    }
  }

  @Test
  void idsInOtherFilesFollow() throws IOException {
    Path model = checkpoint(Kind.BYTE_LEVEL, true);
    trim(model, 12, 300, 1).write(_ -> {}, _ -> {});
    Path trimmed = folder.resolve("trimmed");
    int[] kept = keptIds(model, trimmed);
    JsonNode generation = json(trimmed, "generation_config.json");
    assertThat(generation.path("eos_token_id").get(0).asInt()).isEqualTo(2);
    assertThat(kept[generation.path("eos_token_id").get(1).asInt()]).isEqualTo(300);
    assertThat(generation.path("top_k").asInt()).isEqualTo(5);
    assertThat(json(trimmed, "config.json").path("vocab_size").asInt()).isEqualTo(300);
    assertThat(json(trimmed, "config.json").path("eos_token_id").asInt()).isEqualTo(2);
    assertThat(json(trimmed, "tokenizer_config.json").path("added_tokens_decoder").has("2"))
        .isTrue();
    assertThat(trimmed.resolve("merges.txt")).doesNotExist();
    try (var weights = CheckpointReader.open(trimmed)) {
      assertThat(weights.tensors()).doesNotContainKey("lm_head.weight");
    }
  }

  private static JsonNode json(Path folder, String name) throws IOException {
    return Json.tree(Files.readString(folder.resolve(name)), name);
  }

  @Test
  void coverageKeepsAsManyAsItTakes() throws IOException {
    Path model = checkpoint(Kind.BYTE_FALLBACK, false);
    var all =
        new VocabularyTrim(
                model,
                corpus(6),
                "text",
                OptionalInt.empty(),
                OptionalDouble.of(1),
                1,
                folder.resolve("trimmed"))
            .write(_ -> {}, _ -> {});
    assertThat(all.coverage()).isEqualTo(1);
    assertThat(all.domains())
        .singleElement()
        .satisfies(
            cost -> {
              assertThat(cost.unchanged()).isEqualTo(cost.texts()).isPositive();
              assertThat(cost.growth()).isZero();
            });
    assertThat(all.tokensAfter()).isLessThan(all.tokensBefore());
  }

  @Test
  void whatCannotBeDoneIsToldAndLeavesNothing() throws IOException {
    Path model = checkpoint(Kind.BYTE_LEVEL, false);
    assertThatThrownBy(() -> trim(model, 12, 100, 1).write(_ -> {}, _ -> {}))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("keep: 100 is less than the 26");
    assertThatThrownBy(
            () ->
                new VocabularyTrim(
                    model,
                    model,
                    "text",
                    OptionalInt.of(300),
                    OptionalDouble.of(0.9),
                    1,
                    folder.resolve("trimmed")))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("keep: ");
    assertThat(folder.resolve("trimmed")).doesNotExist();
  }

  /** Llama 3's and Qwen3's tokenizers, on a guide in eight languages. */
  @ParameterizedTest
  @EnumSource(Real.class)
  void publishedTokenizersKeepEveryText(Real real) throws IOException {
    Path tokenizer =
        Path.of(System.getProperty("node.llama", "absent"), "node_modules/@lenml", real.path);
    Path corpus = Path.of(System.getProperty("shared.dir", "absent"), "data/debian-guide");
    Assumptions.assumeTrue(
        Files.isDirectory(tokenizer) && Files.isDirectory(corpus),
        "no -Dnode.llama with tokenizers, or no text");
    var definition = TokenizerDefinition.read(tokenizer);
    try (var before = Tokenizer.load(tokenizer)) {
      var tokens = new CorpusTokens(corpus, "text", before, _ -> {});
      var chosen = new KeptTokens(definition, tokens.counts(_ -> {}), List.of(), definition.size());
      chosen.fill(16_384);
      Path trimmed = Files.createDirectory(folder.resolve("tokenizer"));
      new TrimmedTokenizer(definition, chosen.renumbering()).write(trimmed);
      try (var after = Tokenizer.load(trimmed)) {
        assertThat(tokens.costs(after, chosen.renumbering()))
            .hasSize(8)
            .allSatisfy(cost -> assertThat(cost.growth()).isBetween(0.0, 0.05));
        new CorpusTexts(CorpusFinder.in(corpus), "text", folder)
            .forEach(
                (_, text) ->
                    assertThat(after.decode(after.encode(text)))
                        .isEqualTo(before.decode(before.encode(text))));
      }
    }
  }

  /** Published tokenizers, by their folder. */
  enum Real {
    LLAMA3("tokenizer-llama3/models"),
    QWEN3("tokenizer-qwen3/models");

    private final String path;

    Real(String path) {
      this.path = path;
    }
  }
}
