package io.github.drprune.tasks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.drprune.json.Json;
import io.github.drprune.tasks.documents.DatasetFinder;
import io.github.drprune.tasks.file.TaskConfig;
import io.github.drprune.tasks.file.TaskLibrary;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/**
 * Task files with made-up documents: what lm-eval 0.4.13 asked a model and was answered, and the
 * metrics that it made of the answers.
 */
class HarnessTest {
  private static final int DRAWS = 2000;

  private static Path folder() throws Exception {
    return Path.of(HarnessTest.class.getResource("/tasks/harness/ho_a.yaml").toURI()).getParent();
  }

  private static JsonNode expected() throws Exception {
    return Json.tree(Files.readString(folder().resolve("expected.json")), "expected.json");
  }

  @Test
  void requestsAndMetricsAreThoseOfTheHarness() throws Exception {
    var selection =
        TaskLibrary.of(List.of(folder())).select(List.of("ho_g", "ho_b", "ho_c", "ho_d"));
    JsonNode expected = expected();
    assertThat(selection.tasks()).hasSize(6);
    Map<String, TaskResult> results = new HashMap<>();
    for (TaskConfig config : selection.tasks()) {
      var setting = new Task.Setting(Optional.empty(), Integer.MAX_VALUE, Optional.empty());
      Task task = Task.load(config, new DatasetFinder(List.of()), setting);
      List<Answer> answers = answers(task, expected.get("tasks").get(task.name()));
      results.put(task.name(), task.result(answers, DRAWS));
    }
    selection.groups().forEach(group -> results.put(group.name(), TaskResult.of(group, results)));

    for (var result : results.values()) {
      compare(result, expected.get("results").get(result.name()));
    }
  }

  private static List<Answer> answers(Task task, JsonNode documents) {
    List<Question> questions = task.questions();
    assertThat(questions).as(task.name()).hasSize(documents.size());
    List<Answer> answers = new ArrayList<>();
    for (Question question : questions) {
      JsonNode document = documents.get(question.id());
      JsonNode asked = document.get("arguments");
      assertThat(question.requests()).hasSize(asked.size());
      List<Response> responses = new ArrayList<>();
      for (int i = 0; i < asked.size(); i++) {
        Request request = question.requests().get(i);
        String place = "%s, document %d".formatted(task.name(), question.id());
        assertThat(request.prompt()).as(place).isEqualTo(asked.get(i).get(0).asText());
        if (request instanceof Request.Continuation continuation) {
          assertThat(continuation.continuation()).as(place).isEqualTo(asked.get(i).get(1).asText());
        }
        responses.add(response(document.get("responses").get(i)));
      }
      Answer answer = task.answer(question, responses);
      answers.add(answer);
      document
          .get("metrics")
          .properties()
          .forEach(
              metric -> {
                String[] name = metric.getKey().split(",");
                assertThat(answer.byFilter().get(name[1]).get(name[0])[0])
                    .as("%s of document %d", metric.getKey(), question.id())
                    .isCloseTo(metric.getValue().asDouble(), within(1e-9));
              });
    }
    return answers;
  }

  private static Response response(JsonNode response) {
    if (response.isTextual()) {
      return new Response.Text(response.asText());
    }
    return response.isArray()
        ? new Response.Likelihood(response.get(0).asDouble(), response.get(1).asBoolean())
        : new Response.Likelihood(response.asDouble(), false);
  }

  private static void compare(TaskResult result, JsonNode expected) {
    assertThat(expected.properties()).as(result.name()).isNotEmpty();
    expected
        .properties()
        .forEach(
            metric -> {
              String[] name = metric.getKey().split(",");
              double value = metric.getValue().asDouble();
              assertThat(result.byFilter().get(name[1]).get(name[0]))
                  .as("%s of %s", metric.getKey(), result.name())
                  .isCloseTo(value, within(1e-9 * Math.max(1, Math.abs(value))));
            });
  }
}
