package io.github.drprune.tasks;

import io.github.drprune.error.UserException;
import io.github.drprune.tasks.file.TaskConfig;
import io.github.drprune.tasks.python.PythonRandom;
import java.util.List;
import java.util.Map;

/** Draws the examples before each question, in the order and with the seed of the harness. */
final class ExampleSampler {
  private static final long SEED = 1234;

  private final TaskConfig task;
  private final List<? extends Map<String, Object>> pool;
  private final boolean first;
  private final PythonRandom random = new PythonRandom(SEED);

  ExampleSampler(TaskConfig task, List<? extends Map<String, Object>> pool) {
    this.task = task;
    this.pool = pool;
    this.first = task.examples().sampler().equals("first_n");
  }

  /**
   * Examples for a question.
   *
   * @param question that may not be among them; null where the split is another
   */
  List<? extends Map<String, Object>> draw(int count, Map<String, Object> question) {
    if (first) {
      var others = question == null ? pool : without(question, pool);
      requireEnough(count, others.size());
      return others.subList(0, count);
    }
    boolean excludes = question != null && !question.isEmpty();
    int drawn = excludes ? count + 1 : count;
    requireEnough(drawn, pool.size());
    var examples = random.sample(pool, drawn);
    if (!excludes) {
      return examples;
    }
    var others = without(question, examples);
    if (others.size() < count) {
      // Several documents are the same as this one: drawn again from the others.
      var rest = without(question, pool);
      requireEnough(count, rest.size());
      return random.sample(rest, count);
    }
    return others.subList(0, count);
  }

  private static <T extends Map<String, Object>> List<T> without(
      Map<String, Object> question, List<T> examples) {
    return examples.stream().filter(example -> !example.equals(question)).toList();
  }

  private void requireEnough(int count, int available) {
    if (count > available) {
      throw new UserException(
          "%s: %s: %d examples are drawn, and the split has %d documents; ask for fewer with --shots"
              .formatted(task.place(), task.name(), count, available));
    }
  }
}
