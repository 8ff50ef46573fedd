package io.github.drprune.json;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.drprune.error.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The first call and the second are allowed alike, or refused alike. */
class FiguresFileTest {
  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"figures.json", "tokenizer_results.json", "figures"})
  void figuresMayBeWrittenAgain(String name) throws IOException {
    Path file = folder.resolve(name);
    assertThatCode(() -> FiguresFile.require(file)).doesNotThrowAnyException();
    Files.writeString(file, "{\"loss\": 1}");
    assertThatCode(() -> FiguresFile.require(file)).doesNotThrowAnyException();
    Files.writeString(file, "a text");
    assertThatThrownBy(() -> FiguresFile.require(file))
        .isInstanceOf(UserException.class)
        .hasMessage("%s: holds other than figures in JSON; name another file", file);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "masks.json",
        "manifest.json",
        "config.json",
        "tokenizer.json",
        "tokenizer_config.json",
        "model.safetensors.index.json",
        "small.yaml",
        "small.yaml.state.json",
        "text.jsonl"
      })
  void namesOfInputAreNot(String name) throws IOException {
    Path file = folder.resolve(name);
    String message =
        file
            + ": has the name of a file of a model, a run, prepared data or other input; choose"
            + " another name";
    assertThatThrownBy(() -> FiguresFile.require(file)).hasMessage(message);
    Files.writeString(file, "{}");
    assertThatThrownBy(() -> FiguresFile.require(file)).hasMessage(message);
  }
}
