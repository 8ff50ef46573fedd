package io.github.drprune.template;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.drprune.json.Json;
import io.github.drprune.template.TemplateException.Reason;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** Templates of public checkpoints: what transformers renders, character by character. */
class ChatTemplatesTest {
  @Test
  void templatesOfPublicCheckpointsRenderAsInTransformers() throws Exception {
    Path cases = Path.of(System.getProperty("shared.dir", "")).resolve("chat-templates/cases.json");
    Assumptions.assumeTrue(Files.exists(cases), "no shared chat templates at " + cases);
    JsonNode all = Json.tree(Files.readString(cases), cases.toString());
    var now = Clock.fixed(Instant.parse("2026-11-25T03:04:05Z"), ZoneOffset.UTC);
    Map<String, Template> templates = new HashMap<>();
    all.get("templates")
        .properties()
        .forEach(
            template ->
                templates.put(
                    template.getKey(),
                    Template.compile(
                        template.getValue().asText(), TemplateOptions.chat().at(now))));
    List<String> wrong = new ArrayList<>();
    int count = 0;
    for (JsonNode one : all.get("cases")) {
      count++;
      String name = one.get("tpl").asText() + " " + one.get("case").asText();
      String difference = difference(templates.get(one.get("tpl").asText()), one);
      if (difference != null) {
        wrong.add(name + ": " + difference);
      }
    }
    assertThat(count).isGreaterThan(100);
    assertThat(wrong).isEmpty();
  }

  private static String difference(Template template, JsonNode one) {
    Map<?, ?> variables = Json.convert(one.get("ctx"), Map.class, "case");
    Map<String, Object> named = new HashMap<>();
    variables.forEach((name, value) -> named.put((String) name, value));
    try {
      String text = template.render(named);
      if (one.has("error")) {
        return "no error, expected " + one.get("msg");
      }
      String expected = one.get("expect").asText();
      if (text.equals(expected)) {
        return null;
      }
      int at = 0;
      while (at < Math.min(text.length(), expected.length())
          && text.charAt(at) == expected.charAt(at)) {
        at++;
      }
      return "at %d of %d: '%s' instead of '%s'"
          .formatted(
              at,
              expected.length(),
              text.substring(at, Math.min(text.length(), at + 40)),
              expected.substring(at, Math.min(expected.length(), at + 40)));
    } catch (TemplateException e) {
      if (!one.has("error")) {
        return e.getMessage();
      }
      // Jinja2 counts what its sandbox refuses as the same kind of error.
      boolean isRefusal =
          one.get("error").asText().equals("T") && !one.get("msg").asText().contains("unsafe");
      return isRefusal == (e.reason() == Reason.REFUSED)
          ? null
          : "%s, expected %s".formatted(e.getMessage(), one.get("msg"));
    }
  }
}
