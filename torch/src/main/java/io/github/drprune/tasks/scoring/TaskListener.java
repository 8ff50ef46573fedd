package io.github.drprune.tasks.scoring;

import io.github.drprune.tasks.TaskEvaluations;

/** Is told how the asking goes on. */
public interface TaskListener {
  /** Hears nothing. */
  TaskListener NONE = new TaskListener() {};

  /**
   * A model is about to be asked about a task.
   *
   * @param answered questions whose answers are there from before
   */
  default void begins(String model, String task, int questions, int answered) {}

  /** So many questions more are answered. */
  default void answered(int questions) {}

  /** All that was asked of a model is answered. */
  default void finished(TaskEvaluations.Model model) {}
}
