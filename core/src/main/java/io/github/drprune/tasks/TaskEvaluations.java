package io.github.drprune.tasks;

import io.github.drprune.json.Json;
import io.github.drprune.json.Parts;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collections;
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

    private Model named(String name) {
      return new Model(name, tasks, groups);
    }

    private boolean sharesNothingWith(Model other) {
      return Collections.disjoint(tasks.keySet(), other.tasks.keySet())
          && Collections.disjoint(groups.keySet(), other.groups.keySet());
    }

    private Model with(Model other) {
      SequencedMap<String, Figures> allTasks = new LinkedHashMap<>(tasks);
      allTasks.putAll(other.tasks);
      SequencedMap<String, Figures> allGroups = new LinkedHashMap<>(groups);
      allGroups.putAll(other.groups);
      return new Model(model, allTasks, allGroups);
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

  /**
   * The models of several results. Models of one name that were asked different tasks are one;
   * where they were asked the same, the later ones have a number behind the name.
   */
  public static List<Model> joined(List<TaskEvaluations> results) {
    SequencedMap<String, Model> joined = new LinkedHashMap<>();
    for (TaskEvaluations result : results) {
      for (Model model : result.models) {
        String name = model.model;
        for (int n = 2; joined.containsKey(name); n++) {
          if (joined.get(name).sharesNothingWith(model)) {
            break;
          }
          name = "%s (%d)".formatted(model.model, n);
        }
        joined.merge(name, model.named(name), Model::with);
      }
    }
    return List.copyOf(joined.values());
  }

  /** Reads the file of {@code drprune tasks --json}. */
  public static TaskEvaluations read(Path file) throws IOException {
    return Json.read(file, TaskEvaluations.class);
  }
}
