package io.github.drprune.report;

import io.github.drprune.io.AtomicFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** Size of the report of 50,000 steps of 20 domains, and the time to write it and to open it. */
final class ReportBenchmark {
  private static final int TIMES = 5;

  private ReportBenchmark() {}

  public static void main(String[] args) throws IOException, InterruptedException {
    Path folder = Files.createTempDirectory("drprune-report");
    Path run = new SyntheticRun(SyntheticRun.numbered(20), 50_000, 50, 1).write(folder);
    Path html = folder.resolve("report.html");
    long metrics = Files.size(run.resolve(RunFile.METRICS));
    System.out.printf(Locale.ROOT, "metrics.jsonl %.1f MB%n", metrics / 1e6);
    for (int i = 0; i < TIMES; i++) {
      long begun = System.nanoTime();
      Report.write(List.of(run), html);
      System.out.printf(
          Locale.ROOT,
          "written in %.2f s, %.2f MB%n",
          (System.nanoTime() - begun) / 1e9,
          Files.size(html) / 1e6);
    }
    if (Browser.isInstalled()) {
      try (var browser = Browser.start()) {
        browser.size(1280, 900);
        for (int i = 0; i < TIMES; i++) {
          browser.open("about:blank");
          browser.open(html.toUri().toString());
          browser.await("document.body.dataset.ready", Duration.ofSeconds(60));
          double ready =
              browser
                  .script("return performance.getEntriesByName('ready')[0].startTime")
                  .asDouble();
          browser.script("document.getElementById('losses').scrollIntoView()");
          long drawn =
              browser.await(
                  "[...figures].filter(f => f.near).length && [...figures].every(f => !f.near ||"
                      + " f.curves)",
                  Duration.ofSeconds(60));
          System.out.printf(
              Locale.ROOT,
              "opened in %.2f s, charts drawn %.2f s after%n",
              ready / 1e3,
              drawn / 1e3);
        }
      }
    }
    AtomicFiles.deleteTree(folder);
  }
}
