package io.github.drprune.generate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.drprune.error.UserException;
import io.github.drprune.model.ConfigReader;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.tokenizer.SpecialTokens;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class EndTokensTest {
  private static final SpecialTokens MARKS = new SpecialTokens(1, 2);

  @TempDir private Path folder;

  private EndTokens tokens(String generation, String config, SpecialTokens marks)
      throws IOException {
    if (generation != null) {
      Files.writeString(folder.resolve("generation_config.json"), generation);
    }
    return EndTokens.of(folder, config(config), marks);
  }

  private static ModelSpec config(String endTokens) {
    return ConfigReader.parse(
        """
        {"model_type": "llama", "hidden_size": 8, "num_attention_heads": 2, "vocab_size": 61,
         "num_hidden_layers": 1, "intermediate_size": 8, "max_position_embeddings": 64%s}
        """
            .formatted(endTokens == null ? "" : ", \"eos_token_id\": " + endTokens),
        "config.json");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      nullValues = "-",
      value = {
        "{\"eos_token_id\": [5, 7]}   | 9       | 5 7",
        "{\"eos_token_id\": 5}        | [9, 11] | 5",
        "{\"eos_token_id\": 0}        | 9       | 0",
        "{\"eos_token_id\": null}     | [9, 11] | 9 11",
        "{\"do_sample\": true}        | 9       | 9",
        "-                            | 9       | 9",
        "-                            | [9, 11] | 9 11",
        "-                            | null    | 2",
        "{}                           | -       | 2",
        "{\"eos_token_id\": [5, 5]}   | -       | 5",
      })
  void theNearestFileThatNamesThemWins(String generation, String config, String expected)
      throws IOException {
    assertThat(tokens(generation, config, MARKS).ids())
        .extracting(String::valueOf)
        .containsExactlyInAnyOrder(expected.split(" "));
  }

  @Test
  void thereNeedNotBeAny() throws IOException {
    assertThat(tokens(null, null, new SpecialTokens(null, null))).isEqualTo(EndTokens.NONE);
  }

  @Test
  void textThatIsNotUtf8InAnotherKeyDoesNoHarm() throws IOException {
    byte[] latin1 =
        "{\"x\": \"\u00e9\", \"eos_token_id\": 5}".getBytes(StandardCharsets.ISO_8859_1);
    Files.write(folder.resolve("generation_config.json"), latin1);
    assertThat(tokens(null, "9", MARKS).ids()).containsExactly(5);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"</s>\"",
        "2.0",
        "[2, \"x\"]",
        "[[2]]",
        "true",
        "{\"a\": 2}",
        "9e99",
        "99999999999"
      })
  void saysWhatIsNoId(String value) {
    String generation = "{\"eos_token_id\": %s}".formatted(value);
    assertThatThrownBy(() -> tokens(generation, "9", MARKS))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(
            folder.resolve("generation_config.json") + ": eos_token_id must be");
    assertThatThrownBy(() -> tokens("{}", value, MARKS))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(folder.resolve("config.json") + ": eos_token_id must be");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{", "[]", "7", "null"})
  void saysThatAFileIsNoObject(String generation) {
    assertThatThrownBy(() -> tokens(generation, "9", MARKS))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("generation_config.json");
  }
}
