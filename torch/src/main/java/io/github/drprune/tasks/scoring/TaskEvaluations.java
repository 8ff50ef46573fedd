package io.github.drprune.tasks.scoring;

import io.github.drprune.tasks.TaskResult;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/** What several models reached in the same tasks, in the order that they were named in. */
public record TaskEvaluations(List<Model> models) {
  /**
   * A model.
   *
   * @param groups means over tasks; null where there are none
   */
  public record Model(
      String model, SequencedMap<String, Figures> tasks, SequencedMap<String, Figures> groups) {}

  /**
   * Of a task or group.
   *
   * @param documents asked about
   * @param shots examples before each; null for a group
   * @param metrics with their standard errors as {@code name_stderr}
   */
  public record Figures(int documents, Integer shots, SequencedMap<String, Double> metrics) {
    static Figures of(TaskResult result, Integer shots) {
      return new Figures(result.documents(), shots, result.metrics());
    }
  }

  static Model model(
      String name, List<TaskResult> tasks, Map<String, Integer> shots, List<TaskResult> groups) {
    SequencedMap<String, Figures> figures = new LinkedHashMap<>();
    tasks.forEach(
        result -> figures.put(result.name(), Figures.of(result, shots.get(result.name()))));
    SequencedMap<String, Figures> means = new LinkedHashMap<>();
    groups.forEach(result -> means.put(result.name(), Figures.of(result, null)));
    return new Model(name, figures, means);
  }
}
