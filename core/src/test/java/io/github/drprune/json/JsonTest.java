package io.github.drprune.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.drprune.error.UserException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What of JSON and YAML is read, what refused, and in which words. */
class JsonTest {
  enum Colour {
    RED,
    BLUE
  }

  record Values(
      int count,
      double size,
      boolean flag,
      String name,
      Colour colour,
      int[] list,
      Map<String, Double> map) {}

  private static AbstractThrowableAssert<?, ?> refusedYaml(String yaml) {
    return assertThatThrownBy(() -> Json.yamlTree(yaml, "run.yaml"))
        .isInstanceOf(UserException.class);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'a: &x run\nb: *x'| run.yaml:2: an alias '*x'",
        "'a: 1\nb: *x'| run.yaml:2: an alias '*x'",
        "'a: [1, *x]'| run.yaml:1: an alias '*x'",
        "'a: &x {b: 1}'| run.yaml:1: an anchor '&x'",
        "'a: &x [1]'| run.yaml:1: an anchor '&x'",
        "'a:\n  <<: {b: 1}'| run.yaml:2: a merge key '<<'",
        "'a: 1\na: 2'| run.yaml:2: not valid: Duplicate field 'a'",
        "'x:\n  a: 1\n  a: {b: 1}'| run.yaml:3: not valid: Duplicate field 'a'",
        "'a: 1\n---\nb: 2'| run.yaml:3: a second document",
        "'---\na: 1\n...\n---\n'| a second document",
        "'a: !!str 1'| run.yaml:1: a tag",
        "'a: !!binary aGk='| run.yaml:1: a tag",
        "'a: !env HOME'| run.yaml:1: a tag",
        "'a: !x {b: 1}'| run.yaml:1: a tag",
        "'a: [1, 010]'| run.yaml:1: 010: YAML reads a number with a leading zero as octal",
        "'a: -0_7'| run.yaml:1: -0_7: YAML reads a number with a leading zero as octal",
        "'a: \"\tb'| run.yaml",
        "'a: b: c'| run.yaml:1",
      })
  void yamlBeyondKeysListsAndValuesIsRefused(String yaml, String message) {
    refusedYaml(yaml).hasMessageContaining(message).hasMessageNotContaining("jackson");
  }

  @Test
  void aliasesOfAliasesTakeNoMemory() {
    var bomb = new StringBuilder("a0: &a0 [x]\n");
    for (int i = 1; i < 40; i++) {
      bomb.append("a%d: &a%d [%s]\n".formatted(i, i, ("*a" + (i - 1) + ",").repeat(9)));
    }
    assertThat(Duration.ofSeconds(2))
        .isGreaterThan(
            timed(() -> refusedYaml(bomb.toString()).hasMessageContaining("an anchor '&a0'")));
  }

  private static Duration timed(Runnable work) {
    long start = System.nanoTime();
    work.run();
    return Duration.ofNanos(System.nanoTime() - start);
  }

  @Test
  void quotedMarksAreText() {
    var tree = Json.yamlTree("a: '*x'\nb: \"&y\"\nc: '!z'\nd: a*b & c!\n\"<\": 1\n", "t");
    assertThat(tree.path("a").asText()).isEqualTo("*x");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"\u0085", "a\u2028b", "\u2029 c", "\uFEFFd", "\u00A0", "010", "*x", "a: b"})
  void textsReadBackAsTheyWereWritten(String text) {
    var tree = Json.yamlTree(Json.yaml(Map.of(text, text)), "t");
    assertThat(tree.path(text).asText()).isEqualTo(text);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "# only a comment\n", "---\n", "a: 1\n...\n", "--- {a: 1}\n"})
  void oneDocumentOrNoneIsRead(String yaml) {
    assertThat(Json.yamlTree(yaml, "t").isObject()).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"count\": 1.5}| f: count: expected a whole number",
        "{\"count\": \"3\"}| f: count: expected a whole number",
        "{\"count\": null}| f: count: is missing; expected a whole number",
        "{\"count\": 99999999999}| f: count: ",
        "{\"count\": [1]}| f: count: expected a whole number",
        "{\"size\": \"big\"}| f: size: expected a number",
        "{\"flag\": \"yes\"}| f: flag: expected true or false",
        "{\"name\": {}}| f: name: expected text",
        "{\"colour\": \"GREEN\"}| f: colour: expected one of RED, BLUE, found 'GREEN'",
        "{\"list\": {}}| f: list: expected a list",
        "{\"list\": [1, null]}| f: list",
        "{\"list\": [1, 2.5]}| f: list",
        "{\"map\": [1]}| f: map: expected keys with values",
        "{\"map\": {\"a\": []}}| f: map.a: expected a number",
        "{\"size\": 1, \"size\": 2}| 'size'",
        "{\"count\": 1, \"size\": 1, \"flag\": true, \"sise\": 1}| f: unknown key 'sise' (did you"
            + " mean 'size'?)",
        "{\"count\": 1, \"size\": 1, \"flag\": true} {}| f: more follows",
        "''| f: expected a JSON object, found nothing",
        "' '| f: expected a JSON object, found nothing",
        "null| f: expected a JSON object, found null",
        "[]| f: expected keys with values",
        "7| f: expected keys with values",
        "{\"size\":| f: not valid: it ends too early",
        "{\"size\": x}| f:1: not valid: ",
        "{size: 1}| f:1: not valid: ",
      })
  void jsonMistakesAreToldInTheFilesOwnWords(String json, String message) {
    assertThatThrownBy(() -> Json.read(json, Values.class, "f"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(message)
        .message()
        .doesNotContain("`", "java.", "Source:", "io.github", "Jackson", "Json", "FAIL_ON");
  }

  record Holder(List<String> names, Map<String, String> parts) {
    Holder {
      Parts.require("parts", parts);
      names = List.copyOf(names);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"parts\": {}}| f: a value is missing or null",
        "{\"parts\": {}, \"names\": [null]}| f: a value is missing or null",
        "{\"names\": []}| f: 'parts' is missing",
        "{\"names\": [], \"parts\": {\"a\": null}}| f: 'parts' holds null",
      })
  void whatARecordCannotDoWithoutIsAsked(String json, String message) {
    assertThatThrownBy(() -> Json.read(json, Holder.class, "f"))
        .isInstanceOf(UserException.class)
        .hasMessage(message);
  }

  @Test
  void aTreeOfNullIsNoRecord() {
    for (String json : List.of("null", "")) {
      assertThatThrownBy(() -> Json.convert(Json.tree(json, "f"), Holder.class, "f"))
          .isInstanceOf(UserException.class)
          .hasMessageStartingWith("f: expected a JSON object, found null");
    }
    assertThat(Json.convert(Json.tree("null", "f"), Object.class, "f")).isNull();
  }

  @Test
  void depthAndLengthAreBounded() {
    for (String json : List.of("[".repeat(100_000), "{\"a\":".repeat(100_000), "9".repeat(5000))) {
      assertThatThrownBy(() -> Json.tree(json, "f"))
          .isInstanceOf(UserException.class)
          .message()
          .doesNotContain("`", "StreamReadConstraints");
      assertThatThrownBy(() -> Json.yamlTree("a: " + json.replace("9", "[9,"), "f"))
          .isInstanceOf(UserException.class)
          .message()
          .doesNotContain("`", "StreamReadConstraints");
    }
  }
}
