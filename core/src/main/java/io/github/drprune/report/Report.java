package io.github.drprune.report;

import io.github.drprune.error.UserException;
import io.github.drprune.io.AtomicFiles;
import io.github.drprune.io.OutputPaths;
import io.github.drprune.run.RunEvent;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** The report of one or more runs: a single HTML file that needs no network. */
public final class Report {
  private static final Pattern PAGE = Pattern.compile("(?i)\\s*<(!doctype html|html)\\b");

  private Report() {}

  /**
   * Reads {@code runs} (run folders, or their files of events) as they stand now and writes the
   * page to {@code html}; several runs are shown side by side, compared with the first.
   */
  public static void write(List<Path> runs, Path html) throws IOException {
    write(read(runs), html);
  }

  /**
   * Refuses a path that the page cannot be written to, or that holds anything but a page.
   *
   * @throws UserException naming the path and what to do
   */
  public static void requirePage(Path html) {
    OutputPaths.requireFile(html, Report::holdsPage, "an HTML page");
  }

  private static boolean holdsPage(Path file) throws IOException {
    try (var stream = Files.newInputStream(file)) {
      String start = new String(stream.readNBytes(100), StandardCharsets.UTF_8);
      return PAGE.matcher(start).lookingAt();
    }
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
