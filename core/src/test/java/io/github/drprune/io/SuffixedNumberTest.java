package io.github.drprune.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.drprune.error.UserException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Large numbers as users write them. */
final class SuffixedNumberTest {
  @ParameterizedTest
  @CsvSource({"1345423360, 1345423360", "1.3B, 1300000000", "370m, 370000000", "12K, 12000"})
  void readsCounts(String text, long count) {
    assertThat(SuffixedNumber.count(text, "", "parameters")).isEqualTo(count);
  }

  @ParameterizedTest
  @CsvSource({"0", "-1B", "B", "1.5", "''", "1G"})
  void refusesCounts(String text) {
    assertThatThrownBy(() -> SuffixedNumber.count(text, "--parameters: ", "parameters"))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("--parameters: ")
        .hasMessageContaining("is not a number of parameters");
  }
}
