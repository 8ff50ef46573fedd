package io.github.drprune.tasks.python;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Literals and expressions; what is expected is what Python 3.11 gives. */
class PythonTextTest {
  @Test
  void literalsAreReadAsPythonReadsThem() {
    assertThat(PythonLiteral.parse("['it\\'s', \"a \\\"b\\\"\", 'é\\n\\x41\\u00e9']"))
        .isEqualTo(List.of("it's", "a \"b\"", "é\nAé"));
    assertThat(PythonLiteral.parse("[1, -2.5, True, None, (3,), (4), []]"))
        .isEqualTo(Arrays.asList(1L, -2.5, true, null, List.of(3L), 4L, List.of()));
    assertThat(PythonLiteral.parse("{'a': [1_000, 1e3], 'b': 'x' 'y'}"))
        .isEqualTo(Map.of("a", List.of(1000L, 1000.0), "b", "xy"));
    assertThat(PythonLiteral.parse("r'\\n'")).isEqualTo("\\n");
  }

  @Test
  void whatIsNoLiteralIsRefused() {
    for (String wrong :
        List.of("", "[1", "x", "['a'] b", "007", "'a", "1 + ", "__import__('os')")) {
      assertThatThrownBy(() -> PythonLiteral.parse(wrong))
          .as(wrong)
          .isInstanceOf(IllegalArgumentException.class);
    }
    String deep = "[".repeat(5000) + "]".repeat(5000);
    assertThatThrownBy(() -> PythonLiteral.parse(deep)).hasMessageContaining("too deeply");
  }

  @Test
  void expressionsFindWhatPythonFinds() {
    assertThat(PythonPattern.compile("(?P<a>\\d+)-(?P=a)").findAll("12-12 3-4 5-5"))
        .isEqualTo(List.of(List.of("12"), List.of("5")));
    assertThat(PythonPattern.compile("(-?[$0-9.,]{2,})|(-?[0-9]+)").findAll("a $1.5, 7 b"))
        .isEqualTo(List.of(List.of("$1.5,", ""), List.of("", "7")));
    assertThat(PythonPattern.compile("a.$").findAll("ab\rac\n")).hasSize(1);
    assertThat(PythonPattern.compile("[[&]{x}").findAll("[{x} &{x}")).hasSize(2);
    assertThat(PythonPattern.compile("x\\Z").findAll("x\n")).isEmpty();
    assertThat(PythonPattern.compile(" (['.,])").substitute("a . b ' c", "\\1"))
        .isEqualTo("a. b' c");
    assertThat(PythonPattern.compile("\\b(?:the|a) ").replace("the cat a dog", "$1"))
        .isEqualTo("$1cat $1dog");
  }
}
