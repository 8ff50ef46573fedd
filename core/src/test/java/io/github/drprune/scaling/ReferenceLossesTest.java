package io.github.drprune.scaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.drprune.error.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class ReferenceLossesTest {
  @TempDir private Path folder;

  private Path points(String text) throws IOException {
    return Files.writeString(folder.resolve("points.yaml"), text);
  }

  @Test
  void predictsEachDomain() throws IOException {
    // 1 + 2 N^-0.5 in billions: a = 2 sqrt(1e9); at a quarter of a billion 1 + 2 * 2 = 5
    var losses =
        ReferenceLosses.predict(
            points("{1B: {wiki: 3}, 4B: {wiki: 2}, 16B: {wiki: 1.5}}"), 250_000_000);

    assertThat(losses.referenceLoss().get("wiki")).isCloseTo(5, within(1e-6));
    assertThat(losses.curves().get("wiki").b()).isCloseTo(0.5, within(1e-7));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[1, 2] | expected losses by parameters",
        "{1B: {a: 2}, 2B: {a: 1.9}} | 3 model sizes or more, given 2",
        "{1B: {a: 2}, 2B: {b: 1.9}, 3B: {a: 1}} | at 2000000000 parameters are [b], elsewhere [a]",
        "{1B: {a: -2}, 2B: {a: 1.9}, 3B: {a: 1}} | must be a number above 0, is -2",
        "{1B: {a: x}, 2B: {a: 1.9}, 3B: {a: 1}} | must be a number above 0, is \"x\"",
        "{big: {a: 2}} | 'big' is not a number of parameters",
        "{1B: {a: 2}, 1000M: {a: 2}} | twice",
      })
  void refuses(String text, String message) throws IOException {
    Path file = points(text);
    assertThatThrownBy(() -> ReferenceLosses.predict(file, 1_000_000))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(file.toString())
        .hasMessageContaining(message);
  }
}
