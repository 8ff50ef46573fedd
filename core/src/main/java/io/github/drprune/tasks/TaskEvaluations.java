package io.github.drprune.tasks;

import io.github.drprune.json.Json;
import io.github.drprune.json.Parts;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/** What several models reached in the same tasks, in the order that they were named in. */
public record TaskEvaluations(List<Model> models) {
  /**
   * A model.
   *
   * @param groups means over tasks
   */
  public record Model(
      String model, SequencedMap<String, Figures> tasks, SequencedMap<String, Figures> groups) {
    public Model {
      if (model == null || tasks == null || groups == null) {
        throw new IllegalArgumentException("a model needs the keys model, tasks and groups");
      }
      Parts.require("tasks", tasks);
      Parts.require("groups", groups);
    }

    /** The model of that name with its results. */
    public static Model of(
        String name, List<TaskResult> tasks, Map<String, Integer> shots, List<TaskResult> groups) {
      SequencedMap<String, Figures> figures = new LinkedHashMap<>();
      tasks.forEach(
          result -> figures.put(result.name(), Figures.of(result, shots.get(result.name()))));
      SequencedMap<String, Figures> means = new LinkedHashMap<>();
      groups.forEach(result -> means.put(result.name(), Figures.of(result, null)));
      return new Model(name, figures, means);
    }
  }

  /**
   * Of a task or group.
   *
   * @param documents asked about
   * @param shots examples before each; null for a group
   * @param metrics with their standard errors as {@code name_stderr}; null where not finite
   */
  public record Figures(int documents, Integer shots, SequencedMap<String, Double> metrics) {
    public Figures {
      if (metrics == null) {
        throw new IllegalArgumentException("needs the key metrics");
      }
    }

    private static Figures of(TaskResult result, Integer shots) {
      return new Figures(result.documents(), shots, result.metrics());
    }
  }

  public TaskEvaluations {
    if (models == null || models.isEmpty()) {
      throw new IllegalArgumentException("lists no models; give a file of 'tasks --json'");
    }
    Parts.require("models", models);
    models = List.copyOf(models);
  }

  /** Reads the file of {@code drprune tasks --json}. */
  public static TaskEvaluations read(Path file) throws IOException {
    return Json.read(file, TaskEvaluations.class);
  }
}
