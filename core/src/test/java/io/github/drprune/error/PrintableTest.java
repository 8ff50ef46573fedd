package io.github.drprune.error;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PrintableTest {
  @Test
  void whatATerminalWouldObeyIsWritten() {
    assertThat(new UserException("a\u001b[2Jb\r\nc\u202ed\u0000\u009b\u2028é模😀"))
        .hasMessage("a\\u001b[2Jb\\u000d\\u000ac\\u202ed\\u0000\\u009b\\u2028é模😀");
    assertThat(Printable.quoted("\ud800")).isEqualTo("'\\ud800'");
  }

  @Test
  void nothingIsEndless() {
    assertThat(Printable.quoted("x".repeat(1_000_000))).hasSizeLessThan(200);
    assertThat(new UserException("where: " + "x".repeat(1_000_000) + "; what to do").getMessage())
        .startsWith("where: ")
        .endsWith("; what to do")
        .hasSizeLessThan(3000);
  }
}
