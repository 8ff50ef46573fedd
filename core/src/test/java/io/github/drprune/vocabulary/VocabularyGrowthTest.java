package io.github.drprune.vocabulary;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.drprune.conversation.ChatTemplate;
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
import io.github.drprune.safetensors.TensorInfo;
import io.github.drprune.safetensors.TensorSpec;
import io.github.drprune.safetensors.WeightValues;
import io.github.drprune.tokenizer.TinyTokenizer;
import io.github.drprune.tokenizer.Tokenizer;
import io.github.drprune.tokenizer.TokenizerDefinition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VocabularyGrowthTest {
  private static final int WIDTH = 4;
  private static final List<String> TEXTS = List.of("a small model", "größer <s> 模型", "{x:1}\n");

  @TempDir private Path folder;

  /**
   * A checkpoint whose embedding has rows for more tokens than there are.
   *
   * @param spare so many
   */
  private Path checkpoint(Dtype dtype, int spare, boolean tied) throws IOException {
    Path model = Files.createDirectory(folder.resolve("model"));
    Files.writeString(model.resolve("tokenizer.json"), SmallTokenizer.byteLevel(TEXTS, 20));
    Files.writeString(
        model.resolve("tokenizer_config.json"),
        "{\"eos_token\": \"</s>\", \"added_tokens_decoder\": {\"2\": {\"content\": \"</s>\"}}}");
    int size = TokenizerDefinition.read(model).size();
    ModelSpec spec = NewModel.of("llama", new ModelShape(WIDTH, 1, 1, 1, 4), size + spare, 64);
    Files.writeString(
        model.resolve("config.json"),
        spec.toJson().put("tie_word_embeddings", tied).put("eos_token_id", 2).toString());
    var random = new SplittableRandom(7);
    SafetensorsWriter.writeCheckpoint(
        model,
        ConfigReader.read(model).tensors().values().stream()
            .map(tensor -> TensorSpec.of(tensor.name(), dtype, tensor.sizes()))
            .toList(),
        ByteSize.parse("1GB"),
        (tensor, sink) -> {
          float[] values = new float[(int) tensor.elements()];
          for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextDouble(-1, 1);
          }
          sink.write(WeightValues.bytes(values, dtype));
        });
    return model;
  }

  private VocabularyGrowth.Result grow(Path model, String template, String... tokens)
      throws IOException {
    return new VocabularyGrowth(
            model, Optional.ofNullable(template), List.of(tokens), folder.resolve("grown"))
        .write();
  }

  @ParameterizedTest
  @CsvSource({"F32, 0, true", "BF16, 0, false", "F16, 1, false", "F32, 5, true"})
  void newTokensAreTheMeanOfAllOthers(Dtype dtype, int spare, boolean tied) throws IOException {
    Path model = checkpoint(dtype, spare, tied);
    VocabularyGrowth.Result result = grow(model, "chatml");
    int first = TokenizerDefinition.read(model).size();
    assertThat(result.added()).containsExactly("<|im_start|>", "<|im_end|>");
    assertThat(result.firstId()).isEqualTo(first);
    assertThat(result.vocabularySize()).isEqualTo(first + Math.max(2, spare));
    Path grown = folder.resolve("grown");
    assertThat(ConfigReader.read(grown).vocabularySize()).isEqualTo(result.vocabularySize());
    try (var before = CheckpointReader.open(model);
        var after = CheckpointReader.open(grown)) {
      assertThat(after.tensors().keySet()).isEqualTo(before.tensors().keySet());
      for (String name : before.tensors().keySet()) {
        boolean ofWords = name.contains("embed_tokens") || name.contains("lm_head");
        long kept = ofWords ? (long) first * WIDTH * dtype.bits() / 8 : Long.MAX_VALUE;
        assertThat(before.segment(name).mismatch(after.segment(name)))
            .as(name)
            .satisfiesAnyOf(
                at -> assertThat(at).isEqualTo(-1),
                at -> assertThat(at).isGreaterThanOrEqualTo(kept));
        if (ofWords) {
          float[] rows = values(after, name);
          for (int id = first; id < first + 2; id++) {
            for (int i = 0; i < WIDTH; i++) {
              double mean = 0;
              for (int row = 0; row < first; row++) {
                mean += rows[row * WIDTH + i] / (double) first;
              }
              double step = dtype == Dtype.F32 ? 1e-6 : 0.004;
              assertThat((double) rows[id * WIDTH + i]).isBetween(mean - step, mean + step);
            }
          }
        }
      }
    }
  }

  private static float[] values(CheckpointReader weights, String name) {
    TensorInfo tensor = weights.tensors().get(name);
    float[] values = new float[(int) tensor.spec().elements()];
    WeightValues.read(weights.segment(name), tensor.dtype(), 0, values, 0, values.length);
    return values;
  }

  @Test
  void textsStayAsTheyWereAndTheTemplateIsTheModels() throws IOException {
    Path model = checkpoint(Dtype.F32, 0, true);
    grow(model, "llama3", "<|tool|>", "</s>");
    Path grown = folder.resolve("grown");
    int first = TokenizerDefinition.read(model).size();
    try (var before = Tokenizer.load(model);
        var after = Tokenizer.load(grown)) {
      for (String text : TEXTS) {
        assertThat(after.encode(text)).as(text).isEqualTo(before.encode(text));
      }
      assertThat(after.encode("<|eot_id|><|tool|>")).containsExactly(first + 2, first + 3);
      assertThat(ChatTemplate.ofModel(grown, after).orElseThrow().source())
          .isEqualTo(ChatTemplate.sourceOf("llama3"));
    }
    JsonNode ends = json(grown, "generation_config.json").path("eos_token_id");
    assertThat(ends).hasSize(2);
    assertThat(ends.get(0).asInt()).isEqualTo(first + 2);
    assertThat(ends.get(1).asInt()).isEqualTo(2);
    assertThat(
            json(grown, "tokenizer_config.json")
                .path("added_tokens_decoder")
                .path(String.valueOf(first + 3))
                .path("content")
                .asText())
        .isEqualTo("<|tool|>");
  }

  @Test
  void theTemplateIsOfConversationsWithToolsToo() throws IOException {
    Path model = checkpoint(Dtype.F32, 0, true);
    Files.writeString(model.resolve(ChatTemplate.FILE), "old");
    Path more = Files.createDirectory(model.resolve("additional_chat_templates"));
    Files.writeString(more.resolve("tool_use.jinja"), "old with {{ tools }}");
    grow(model, "alpaca");
    Path grown = folder.resolve("grown");
    try (var tokenizer = Tokenizer.load(grown)) {
      assertThat(ChatTemplate.ofModel(grown, tokenizer).orElseThrow().source())
          .isEqualTo(ChatTemplate.sourceOf("alpaca"));
    }
    assertThat(more.resolve("tool_use.jinja")).exists();
  }

  private static JsonNode json(Path model, String name) throws IOException {
    return Json.tree(Files.readString(model.resolve(name)), name);
  }

  /** Its id is taken, though it has no row: it gets one, and the new token comes after it. */
  @Test
  void aTokenBeyondTheVocabularyKeepsItsId() throws IOException {
    Path model = checkpoint(Dtype.F32, 0, true);
    int image = TinyTokenizer.add(model, "<image>");
    VocabularyGrowth.Result result = grow(model, null, "<|tool|>");
    assertThat(result.firstId()).isEqualTo(image + 1);
    assertThat(result.vocabularySize()).isEqualTo(image + 2);
    Path grown = folder.resolve("grown");
    try (var tokenizer = Tokenizer.load(grown, result.vocabularySize());
        var weights = CheckpointReader.open(grown)) {
      assertThat(tokenizer.encode("<image><|tool|>")).containsExactly(image, image + 1);
      float[] rows = values(weights, "model.embed_tokens.weight");
      assertThat(rows).hasSize((image + 2) * WIDTH);
      assertThat(Arrays.copyOfRange(rows, image * WIDTH, (image + 1) * WIDTH))
          .isEqualTo(Arrays.copyOfRange(rows, (image + 1) * WIDTH, (image + 2) * WIDTH));
    }
  }

  @Test
  void aTokenBeyondTheVocabularyGetsNoRowWhereNoneIsAdded() throws IOException {
    Path model = checkpoint(Dtype.F32, 0, true);
    int image = TinyTokenizer.add(model, "<image>");
    assertThat(grow(model, "alpaca", "</s>").vocabularySize()).isEqualTo(image);
    try (var weights = CheckpointReader.open(folder.resolve("grown"))) {
      assertThat(values(weights, "model.embed_tokens.weight")).hasSize(image * WIDTH);
    }
  }

  /** As the padding of a model that was published without a row for it. */
  @Test
  void aTokenBeyondTheVocabularyThatIsNamedGetsARow() throws IOException {
    Path model = checkpoint(Dtype.F32, 0, true);
    int pad = TinyTokenizer.add(model, "<pad>");
    VocabularyGrowth.Result result = grow(model, null, "<pad>", "</s>");
    assertThat(result.added()).isEmpty();
    assertThat(result.embedded()).containsExactly("<pad>");
    assertThat(result.vocabularySize()).isEqualTo(pad + 1);
    Path grown = folder.resolve("grown");
    assertThat(ConfigReader.read(grown).vocabularySize()).isEqualTo(pad + 1);
    try (var tokenizer = Tokenizer.load(grown, pad + 1);
        var before = CheckpointReader.open(model);
        var after = CheckpointReader.open(grown)) {
      assertThat(tokenizer.encode("<pad>")).containsExactly(pad);
      float[] old = values(before, "model.embed_tokens.weight");
      float[] rows = values(after, "model.embed_tokens.weight");
      assertThat(rows).hasSize((pad + 1) * WIDTH);
      assertThat(Arrays.copyOf(rows, old.length)).isEqualTo(old);
      double mean = 0;
      for (int row = 0; row < pad; row++) {
        mean += old[row * WIDTH] / (double) pad;
      }
      assertThat((double) rows[pad * WIDTH]).isBetween(mean - 1e-6, mean + 1e-6);
    }
  }

  @Test
  void whatIsThereIsNotAddedAgain() throws IOException {
    Path model = checkpoint(Dtype.F32, 0, true);
    assertThat(grow(model, "alpaca", "</s>").added()).isEmpty();
    assertThatThrownBy(() -> grow(model, "chatml"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("exists already");
  }

  /** The native library numbers new tokens by how many there are, not from the highest id on. */
  @Test
  void aTokenizerWithAGapIsRefused() throws IOException {
    Path model = checkpoint(Dtype.F32, 5, true);
    Path file = model.resolve("tokenizer.json");
    var json = (ObjectNode) json(model, "tokenizer.json");
    var vocabulary = (ObjectNode) json.path("model").path("vocab");
    String last = vocabulary.properties().stream().toList().getLast().getKey();
    vocabulary.put(last, vocabulary.path(last).asInt() + 3);
    Files.writeString(file, json.toString());
    assertThatThrownBy(() -> grow(model, "chatml"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("its tokenizer's ids have gaps");
    assertThat(folder.resolve("grown")).doesNotExist();
  }

  @Test
  void nothingIsWrittenOfAMistake() throws IOException {
    Path model = checkpoint(Dtype.F32, 0, true);
    assertThatThrownBy(() -> grow(model, "no-such.jinja")).isInstanceOf(UserException.class);
    assertThatThrownBy(() -> grow(model, null)).hasMessageContaining("nothing is to be added");
    assertThatThrownBy(() -> grow(model, null, " ")).hasMessageContaining("not blank");
    assertThat(folder.resolve("grown")).doesNotExist();
  }
}
