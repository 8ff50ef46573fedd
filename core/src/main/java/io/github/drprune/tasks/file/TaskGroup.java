package io.github.drprune.tasks.file;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Tasks that are told together.
 *
 * @param tasks all that are in it, those of groups in it included
 * @param means of their metrics
 */
public record TaskGroup(String name, List<String> tasks, List<Mean> means) {
  static final Set<String> KEYS =
      Set.of("group", "group_alias", "task", "aggregate_metric_list", "metadata");

  /**
   * A mean over the tasks.
   *
   * @param filters whose results are meant; empty for all that the tasks have
   * @param bySize whether tasks count by their documents
   */
  public record Mean(String metric, Optional<List<String>> filters, boolean bySize) {}

  static List<Mean> means(Keys keys) {
    return keys.parts("aggregate_metric_list").stream().map(TaskGroup::mean).toList();
  }

  private static Mean mean(Keys keys) {
    keys.requireKnown(Set.of("metric", "filter_list", "aggregation", "weight_by_size"));
    keys.text("aggregation")
        .filter(name -> !name.equals("mean"))
        .ifPresent(
            name -> {
              throw keys.wrong("aggregation", "must be mean", "'" + name + "'");
            });
    return new Mean(
        keys.requiredText("metric"),
        keys.has("filter_list") ? Optional.of(keys.texts("filter_list")) : Optional.empty(),
        keys.flag("weight_by_size").orElse(true));
  }
}
