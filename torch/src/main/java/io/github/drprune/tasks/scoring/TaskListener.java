package io.github.drprune.tasks.scoring;

import io.github.drprune.tasks.TaskEvaluations;
import java.util.List;

/** Is told how the asking goes on. */
public interface TaskListener {
  /** Hears nothing. */
  TaskListener NONE = new TaskListener() {};

  /**
   * Some documents of a task expect an answer that is none of their choices; each counts as wrong.
   *
   * @param numbers of the documents, from 0
   */
  default void withoutRightAnswer(String task, List<Integer> numbers) {}

  /** Of these domains nothing is asked: they have no two sequences that no run looks at. */
  default void withoutChoices(List<String> domains) {}

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
