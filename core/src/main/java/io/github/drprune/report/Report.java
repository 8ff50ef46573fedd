package io.github.drprune.report;

import io.github.drprune.io.AtomicFiles;
import io.github.drprune.run.RunEvent;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;

/** The report of one or more runs: a single HTML file that needs no network. */
public final class Report {
  private Report() {}

  /**
   * Reads {@code runs} (run folders, or their files of events) as they stand now and writes the
   * page to {@code html}; several runs are shown side by side, compared with the first.
   */
  public static void write(List<Path> runs, Path html) throws IOException {
    write(read(runs), html);
  }

  /** Writes the page of a run that is about to log its {@code end}, which comes after the page. */
  public static void write(Path run, RunEvent.Done end, Path html) throws IOException {
    var clock = Clock.systemUTC();
    var followed = new FollowedRun("0", RunFile.of(run), clock);
    followed.poll();
    followed.add(end);
    write(PageModel.of(List.of(followed), false, clock), html);
  }

  /** Writes the page of runs that were read. */
  public static void write(PageModel model, Path html) throws IOException {
    AtomicFiles.text(html, Page.of(model));
  }

  /** The {@code runs} as they stand now. */
  public static PageModel read(List<Path> runs) throws IOException {
    var clock = Clock.systemUTC();
    var followed = new ArrayList<FollowedRun>();
    for (RunFile file : RunFile.of(runs)) {
      var run = new FollowedRun(Integer.toString(followed.size()), file, clock);
      run.poll();
      followed.add(run);
    }
    return PageModel.of(followed, false, clock);
  }
}
