package io.github.drprune.template;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.drprune.json.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;

/** Templates and what Python makes of them. */
public final class PythonTemplates {
  private static final Clock NOW =
      Clock.fixed(Instant.parse("2026-11-25T03:04:05Z"), ZoneOffset.UTC);

  private PythonTemplates() {}

  /** The lines that {@code script} writes, run by the Python that the build was given. */
  public static List<JsonNode> run(String script, String... arguments)
      throws IOException, InterruptedException {
    String property = System.getProperty("python", "");
    String python =
        property.isBlank() ? System.getenv().getOrDefault("DRPRUNE_TEST_PYTHON", "") : property;
    Assumptions.assumeFalse(python.isBlank(), "no -Dpython or DRPRUNE_TEST_PYTHON with jinja2");
    List<String> command =
        new ArrayList<>(List.of(python, Path.of("src/test/resources/template", script).toString()));
    command.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
    List<String> lines =
        new String(process.getInputStream().readAllBytes(), UTF_8).lines().toList();
    if (process.waitFor() != 0) {
      throw new IOException(command + " failed");
    }
    return lines.stream().map(line -> Json.tree(line, script)).toList();
  }

  static Map<String, Object> variables(JsonNode tree) {
    Map<String, Object> variables = new HashMap<>();
    Map<?, ?> converted = Json.convert(tree, Map.class, "variables");
    converted.forEach((name, value) -> variables.put((String) name, value));
    return variables;
  }

  static TemplateOptions setting(JsonNode one) {
    TemplateOptions options =
        one.get("setting").asText().equals("chat")
            ? TemplateOptions.chat()
            : TemplateOptions.prompts();
    return options.at(NOW);
  }

  /** What is wrong with our rendering of {@code one}, or null. */
  static String difference(JsonNode one, Map<String, Object> variables) {
    String source = one.get("template").asText();
    try {
      String text = Template.compile(source, setting(one)).render(variables);
      if (one.has("error")) {
        return "%s%n  gives '%s'%n  expected %s".formatted(source, text, one.get("error"));
      }
      return text.equals(one.get("expect").asText())
          ? null
          : "%s%n  gives '%s'%n  expected %s".formatted(source, text, one.get("expect"));
    } catch (TemplateException e) {
      return one.has("error")
          ? null
          : "%s%n  fails: %s%n  expected %s".formatted(source, e.getMessage(), one.get("expect"));
    }
  }
}
