package io.github.drprune.model;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.drprune.error.UserException;
import io.github.drprune.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The table of families and features that users read is what the code makes of configurations. */
class FamilyTableTest {
  private static final String START = "<!-- families: made by FamilyTableTest -->\n\n";
  private static final String END = "\n<!-- end of families -->\n";

  /** Settings that bring out what a family can have. */
  private static final List<String> SETTINGS =
      List.of(
          "{}",
          "{\"num_key_value_heads\": 2}",
          "{\"head_dim\": 16}",
          "{\"attention_bias\": true}",
          "{\"mlp_bias\": true}",
          "{\"sliding_window\": 8}",
          "{\"sliding_window\": 8, \"use_sliding_window\": true, \"max_window_layers\": 2}",
          "{\"partial_rotary_factor\": 0.5}",
          "{\"rope_scaling\": {\"type\": \"linear\", \"factor\": 2.0}}");

  /** With the system property {@code docs.write} set to true the tables are written instead. */
  @ParameterizedTest
  @ValueSource(strings = {"README.md", "docs/checkpoint-files.md"})
  void thePageHasTheTable(String page) throws IOException {
    Path file = Path.of(System.getProperty("basedir", ".")).resolve("..").resolve(page);
    String text = Files.readString(file);
    assertThat(text).contains(START, END);
    String made =
        text.substring(0, text.indexOf(START) + START.length())
            + table()
            + text.substring(text.indexOf(END));
    if (Boolean.getBoolean("docs.write")) {
      Files.writeString(file, made);
    }
    assertThat(file)
        .withFailMessage(
            page + " is stale: run mvn -pl core test -Dtest=FamilyTableTest -Ddocs.write=true")
        .hasContent(made);
  }

  private static String table() {
    List<String> names = ModelFamily.ALL.stream().map(ModelFamily::modelType).toList();
    Stream<String> head =
        Stream.of(
            "| | " + String.join(" | ", names) + " |", "| --- |" + " --- |".repeat(names.size()));
    Stream<String> rows =
        Stream.of(Feature.values())
            .map(
                feature ->
                    names.stream()
                        .map(name -> cell(feature, name))
                        .collect(Collectors.joining(" | ", "| " + feature.title() + " | ", " |")));
    return Stream.concat(head, rows).map(line -> line.strip() + "\n").collect(Collectors.joining());
  }

  private static String cell(Feature feature, String modelType) {
    if (feature.in(usual(modelType)).isPresent()) {
      return "yes";
    }
    return possible(modelType).contains(feature) ? "can" : "";
  }

  private static Set<Feature> possible(String modelType) {
    Set<Feature> features = EnumSet.noneOf(Feature.class);
    for (String setting : SETTINGS) {
      ObjectNode json = usual(modelType).toJson();
      json.setAll((ObjectNode) Json.tree(setting, "setting"));
      try {
        ModelSpec spec = ConfigReader.parse(json.toString(), "setting");
        Stream.of(Feature.values())
            .filter(feature -> feature.in(spec).isPresent())
            .forEach(features::add);
      } catch (UserException e) {
        assertThat(e).hasMessageStartingWith("setting: ");
      }
    }
    return features;
  }

  private static ModelSpec usual(String modelType) {
    return NewModel.of(modelType, new ModelShape(32, 6, 4, 4, 64), 100, 64);
  }
}
