package io.github.drprune.report;

import io.github.drprune.judge.Judged;
import io.github.drprune.tasks.TaskComparison;
import java.io.IOException;
import java.time.Clock;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

/**
 * What a page shows: one run, or several side by side.
 *
 * @param generated when it was made, ISO 8601, UTC
 * @param live whether the page follows the runs
 * @param comparison null for one run
 * @param tasks what models reached in downstream tasks; null where that is not shown
 * @param judged whose answers a judge preferred; perhaps empty
 */
public record PageModel(
    String generated,
    boolean live,
    List<RunView> runs,
    Comparison comparison,
    TaskComparison tasks,
    List<Judged> judged) {

  /** The runs as they stand after their last {@link FollowedRun#poll}. */
  public static PageModel of(List<FollowedRun> runs, boolean live, Clock clock) throws IOException {
    var views = new ArrayList<RunView>();
    for (var run : runs) {
      views.add(run.view());
    }
    return new PageModel(
        clock.instant().truncatedTo(ChronoUnit.SECONDS).toString(),
        live,
        views,
        views.size() < 2 ? null : Comparison.of(views),
        null,
        List.of());
  }

  /** The same with results of downstream tasks, which may be null, and of judges. */
  public PageModel with(TaskComparison results, List<Judged> verdicts) {
    return new PageModel(generated, live, runs, comparison, results, List.copyOf(verdicts));
  }

  /** The runs' names, as a title. */
  String title() {
    return String.join(" · ", runs.stream().map(RunView::name).toList());
  }
}
