package io.github.drprune.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.drprune.error.UserException;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ByteSizeTest {
  @ParameterizedTest
  @CsvSource({
    "5GB, 5000000000",
    "500MB, 500000000",
    "2GiB, 2147483648",
    "1.5 kib, 1536",
    "4096, 4096",
    "7b, 7",
    "3t, 3000000000000"
  })
  void readsSizes(String text, long bytes) {
    assertThat(ByteSize.parse(text).bytes()).isEqualTo(bytes);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "GB", "-1GB", "5XB", "5iB", "0", "0.1", "5 GB 3", "NaN"})
  void refusesWhatIsNoSize(String text) {
    assertThatThrownBy(() -> ByteSize.parse(text)).isInstanceOf(UserException.class);
  }

  @ParameterizedTest
  @ValueSource(strings = {"10000000TB", "999999999999999TiB"})
  void refusesWhatOverflows(String text) {
    assertThatThrownBy(() -> ByteSize.parse(text)).hasMessageContaining("beyond");
  }

  @ParameterizedTest
  @CsvSource({"999, 999 B", "1500, 1.5 kB", "999950, 1.0 MB", "5000000000, 5.0 GB"})
  void isShownToPeople(long bytes, String text) {
    assertThat(new ByteSize(bytes)).hasToString(text);
  }
}
