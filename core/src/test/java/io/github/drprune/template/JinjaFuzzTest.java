package io.github.drprune.template;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Templates put together at random, against Python's jinja2. */
class JinjaFuzzTest {
  @Test
  void randomTemplatesRenderAsInJinja2() throws Exception {
    String seed = System.getProperty("jinja.seed", "1");
    String count = System.getProperty("jinja.count", "1000");
    List<JsonNode> cases = new ArrayList<>(PythonTemplates.run("jinja.py", "fuzz", seed, count));
    Map<String, Object> variables = PythonTemplates.variables(cases.removeFirst());
    List<String> wrong = new ArrayList<>();
    for (JsonNode one : cases) {
      String difference = PythonTemplates.difference(one, variables);
      if (difference != null) {
        wrong.add(difference);
      }
    }
    assertThat(cases).hasSize(Integer.parseInt(count));
    assertThat(cases.stream().filter(one -> one.has("expect")).count())
        .as("templates that render")
        .isGreaterThan(cases.size() / 4);
    assertThat(wrong).isEmpty();
  }
}
