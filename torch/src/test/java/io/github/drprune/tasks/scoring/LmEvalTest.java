package io.github.drprune.tasks.scoring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.drprune.json.Json;
import io.github.drprune.libtorch.LibTorch;
import io.github.drprune.libtorch.Precision;
import io.github.drprune.model.ModelOptions;
import io.github.drprune.tasks.TaskResult;
import io.github.drprune.tasks.documents.DatasetFinder;
import io.github.drprune.tasks.file.TaskLibrary;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The same tasks, documents and checkpoint in lm-evaluation-harness, where it is installed. */
class LmEvalTest {
  private static final Path TASKS =
      Path.of(System.getProperty("basedir", "."), "../core/src/test/resources/tasks/harness")
          .toAbsolutePath()
          .normalize();

  @TempDir private Path folder;

  private JsonNode harness(Path model, String tasks) throws Exception {
    String property = System.getProperty("python", "");
    String python =
        property.isBlank() ? System.getenv().getOrDefault("DRPRUNE_TEST_PYTHON", "") : property;
    assumeFalse(python.isBlank(), "no -Dpython or DRPRUNE_TEST_PYTHON with lm-eval");
    Path script = Path.of(LmEvalTest.class.getResource("/lm_eval_answers.py").toURI());
    Path target = folder.resolve("harness.json");
    var process =
        new ProcessBuilder(
                python,
                script.toString(),
                model.toString(),
                TASKS.toString(),
                tasks,
                target.toString())
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("log").toFile())
            .start();
    int code = process.waitFor();
    assumeFalse(code == 3, "the Python has no lm-eval");
    assertThat(code).as(Files.readString(folder.resolve("log"))).isZero();
    return Json.tree(Files.readString(target), target.toString());
  }

  @Test
  void answersAndMetricsAreTheSame() throws Exception {
    Path model = Path.of(System.getProperty("shared.dir", "")).resolve("models/redpajama-9m");
    assumeTrue(Files.exists(model), "no model " + model);
    JsonNode harness = harness(model.toAbsolutePath(), "ho_g,ho_b,ho_c,ho_d");
    Path samples = folder.resolve("samples");
    var run =
        new TaskRun(
            List.of(model),
            TaskLibrary.of(List.of(TASKS)).select(List.of("ho_g", "ho_b", "ho_c", "ho_d")),
            new DatasetFinder(List.of()),
            Optional.empty(),
            Optional.empty(),
            Integer.MAX_VALUE,
            OptionalInt.of(256),
            false,
            1000,
            Optional.of(samples),
            Optional.empty());
    var options = ModelOptions.inference(LibTorch.device("cpu"), Optional.of(Precision.FP32));
    var ours = run.run(options, TaskListener.NONE).models().getFirst();

    for (var task : harness.get("answers").properties()) {
      for (String line : Files.readAllLines(samples.resolve(task.getKey() + ".jsonl"))) {
        JsonNode document = Json.tree(line, task.getKey());
        compare(document, task.getValue().get(document.get("doc_id").asText()), task.getKey());
      }
    }
    for (var task : harness.get("metrics").properties()) {
      var figures = ours.tasks().getOrDefault(task.getKey(), ours.groups().get(task.getKey()));
      for (var metric : task.getValue().properties()) {
        String name = metric.getKey().replace(",none", "");
        double value = metric.getValue().asDouble();
        // A perplexity magnifies what the harness rounds: it adds log-likelihoods in float32.
        double tolerance = name.startsWith("perplexity") ? 1e-4 : 2e-6;
        assertThat(figures.metrics().get(name))
            .as("%s of %s", name, task.getKey())
            .isCloseTo(value, within(tolerance * Math.max(1, Math.abs(value))));
        assertThat(TaskResult.isError(name)).isEqualTo(name.contains("_stderr"));
      }
    }
  }

  private static void compare(JsonNode document, JsonNode theirs, String task) {
    JsonNode likelihoods = document.path("log_likelihoods");
    JsonNode generated = document.path("generated");
    assertThat(likelihoods.size() + generated.size()).isEqualTo(theirs.size());
    for (int i = 0; i < theirs.size(); i++) {
      String place = "%s, document %s".formatted(task, document.get("doc_id"));
      if (theirs.get(i).isTextual()) {
        assertThat(generated.get(i)).as(place).isEqualTo(theirs.get(i));
      } else {
        assertThat(likelihoods.get(i).asDouble())
            .as(place)
            .isCloseTo(theirs.get(i).asDouble(), within(1e-4));
      }
    }
  }
}
