package io.github.drprune.report;

import io.github.drprune.io.AtomicFiles;
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
    AtomicFiles.text(html, Page.of(read(runs)));
  }

  /** What {@link #write} shows. */
  public static PageModel read(List<Path> runs) throws IOException {
    var clock = Clock.systemUTC();
    var followed = new ArrayList<FollowedRun>();
    for (Path path : runs) {
      var run = new FollowedRun(Integer.toString(followed.size()), RunFile.of(path), clock);
      run.poll();
      followed.add(run);
    }
    return PageModel.of(followed, false, clock);
  }
}
