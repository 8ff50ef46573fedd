package io.github.drprune.tasks;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.drprune.tasks.TaskEvaluations.Figures;
import io.github.drprune.tasks.TaskEvaluations.Model;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import org.junit.jupiter.api.Test;

class TaskEvaluationsTest {
  private static TaskEvaluations results(String model, double accuracy, String... tasks) {
    SequencedMap<String, Figures> figures = new LinkedHashMap<>();
    for (String task : tasks) {
      figures.put(task, new Figures(9, 0, new LinkedHashMap<>(Map.of("acc", accuracy))));
    }
    return new TaskEvaluations(List.of(new Model(model, figures, new LinkedHashMap<>())));
  }

  @Test
  void resultsOfOneModelInOtherTasksAreOneColumn() {
    var joined =
        TaskEvaluations.joined(
            List.of(
                results("small", 0.5, "arc"),
                results("large", 0.7, "arc", "piqa"),
                results("small", 0.6, "piqa")));

    assertThat(joined).extracting(Model::model).containsExactly("small", "large");
    assertThat(joined.getFirst().tasks()).containsOnlyKeys("arc", "piqa");
    assertThat(joined.getFirst().tasks().get("piqa").metrics()).containsEntry("acc", 0.6);
  }

  @Test
  void resultsOfOneNameInTheSameTaskAreToldApart() {
    var joined =
        TaskEvaluations.joined(
            List.of(
                results("small", 0.5, "arc"),
                results("small", 0.6, "arc", "piqa"),
                results("small", 0.7, "piqa"),
                results("small", 0.8, "arc")));

    assertThat(joined).extracting(Model::model).containsExactly("small", "small (2)", "small (3)");
    assertThat(joined.getFirst().tasks()).containsOnlyKeys("arc", "piqa");
    assertThat(joined.get(1).tasks().get("arc").metrics()).containsEntry("acc", 0.6);
    assertThat(joined.get(2).tasks().get("arc").metrics()).containsEntry("acc", 0.8);
  }
}
