package io.github.drprune.watch;

import static java.nio.file.StandardOpenOption.APPEND;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.drprune.json.Json;
import io.github.drprune.report.Browser;
import io.github.drprune.report.Report;
import io.github.drprune.report.SyntheticRun;
import io.github.drprune.run.RunEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The pages in a real browser. */
class LivePageTest {
  private static final Duration TWO_SECONDS = Duration.ofSeconds(2);
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  private static Browser browser;
  @TempDir Path folder;

  @BeforeAll
  static void start() throws IOException, InterruptedException {
    assumeTrue(Browser.isInstalled(), "no chromium and chromedriver on the PATH");
    browser = Browser.start();
  }

  @AfterAll
  static void stop() throws IOException {
    if (browser != null) {
      browser.close();
    }
  }

  @BeforeEach
  void forgetTheLastPage() throws IOException, InterruptedException {
    browser.open("about:blank");
    browser.size(1280, 900);
    browser.consoleLog();
  }

  private static SyntheticRun run(List<String> domains) {
    return new SyntheticRun(domains, 100, 10, 1);
  }

  private static String lines(SyntheticRun run, long after, long upTo) {
    var lines = new StringBuilder();
    run.forEach(
        event -> {
          boolean begins = event instanceof RunEvent.Start;
          if (!begins && event.step() > after && event.step() <= upTo) {
            lines.append(Json.line(event)).append('\n');
          }
        });
    return lines.toString();
  }

  private static String startLine(SyntheticRun run, long step) {
    return Json.line(run.start(step)) + "\n";
  }

  private static String shows(String text) {
    return "document.body.innerText.includes('" + text + "')";
  }

  private static String drawnPoints(int count) {
    return "[...figures].find(figure => figure.parts.title === 'Training"
        + " loss')?.curves?.[0].points.length === "
        + count;
  }

  private void open(String address) throws IOException, InterruptedException {
    browser.open(address);
    browser.await("document.body.dataset.ready", PATIENCE);
  }

  private void openReport(Path run) throws IOException, InterruptedException {
    Path html = folder.resolve("report.html");
    Report.write(List.of(run), html);
    open(html.toUri().toString());
  }

  private Path metrics(String text) throws IOException {
    Path run = Files.createDirectories(folder.resolve("run"));
    return Files.writeString(run.resolve("metrics.jsonl"), text);
  }

  @Test
  void aLivePageShowsEachStepWithinTwoSecondsAndSurvivesRestarts()
      throws IOException, InterruptedException {
    var run = run(SyntheticRun.SEVEN);
    Path file = metrics("");
    int port;
    try (var server = WatchServer.start(file.getParent(), 0)) {
      port = server.uri().getPort();
      open(server.uri().toString());
      browser.await(shows("written nothing yet"), PATIENCE);
      browser.await("document.getElementById('connection').textContent === 'live'", PATIENCE);

      Files.writeString(file, startLine(run, 0) + lines(run, -1, 20), APPEND);
      browser.await(shows("step 20 of 100"), TWO_SECONDS);
      browser.script("document.getElementById('losses').scrollIntoView()");
      browser.await(drawnPoints(20), PATIENCE);

      for (int step = 21; step <= 25; step++) {
        Files.writeString(file, lines(run, step - 1, step), APPEND);
        browser.await(shows("step " + step + " of 100"), TWO_SECONDS);
        browser.await(drawnPoints(step), TWO_SECONDS);
      }

      // The run dies and resumes from step 10: its file is cut back, then goes on.
      Files.writeString(file, startLine(run, 0) + lines(run, -1, 10));
      browser.await(shows("step 10 of 100"), TWO_SECONDS);
      Files.writeString(file, startLine(run, 10) + lines(run, 10, 12), APPEND);
      browser.await(shows("step 12 of 100"), TWO_SECONDS);
      browser.await(drawnPoints(12), TWO_SECONDS);
      assertThat(browser.consoleErrors()).isEmpty();
    }
    browser.await(shows("connection lost"), PATIENCE);
    browser.consoleLog(); // The lost connection is in the console by the browser's own will.
    try (var server = WatchServer.start(file.getParent(), port)) {
      Files.writeString(file, lines(run, 12, 100), APPEND);
      browser.await(shows("The run is complete: 100 steps"), PATIENCE);
      assertThat(server.uri().getPort()).isEqualTo(port);
    }
  }

  @Test
  void theListOfRunsIsLive() throws IOException, InterruptedException {
    var run = run(SyntheticRun.SEVEN);
    run.write(folder.resolve("one"));
    Path second = Files.createDirectories(folder.resolve("two")).resolve("metrics.jsonl");
    Files.writeString(second, startLine(run, 0) + lines(run, -1, 5));
    try (var server = WatchServer.start(folder, 0)) {
      open(server.uri().toString());
      browser.await(shows("5 of 100") + " && " + shows("running"), PATIENCE);
      Files.writeString(second, lines(run, 5, 6), APPEND);
      browser.await(shows("6 of 100"), TWO_SECONDS);
      browser.script("document.querySelectorAll('input').forEach(box => box.click())");
      browser.script("document.getElementById('compare').click()");
      browser.await(shows("Runs side by side"), PATIENCE);
      assertThat(browser.consoleErrors()).isEmpty();
    }
  }

  @Test
  void hostileNamesStayText() throws IOException, InterruptedException {
    var run =
        run(SyntheticRun.HOSTILE).write(folder.resolve("<img src=x onerror=window.hacked=5>"));
    openReport(run);
    browser.size(1280, 20_000);
    browser.await("[...figures].every(figure => figure.chart)", PATIENCE);
    browser.script("document.querySelectorAll('summary').forEach(summary => summary.click())");
    browser.script(
        "for (const f of figures) f.chart.dispatchAction({type: 'showTip', seriesIndex: 0,"
            + " dataIndex: 1})");
    assertThat(browser.script("return typeof window.hacked").asText()).isEqualTo("undefined");
    assertThat(
            browser.script("return document.querySelectorAll('main img, main svg').length").asInt())
        .isZero();
    var names = browser.script("return [...document.querySelectorAll('.legend')][0].textContent");
    SyntheticRun.HOSTILE.forEach(name -> assertThat(names.asText()).contains(name));
    assertThat(browser.consoleErrors()).isEmpty();
  }

  @Test
  void aReportLoadsNothingAndAWideTableDoesNotWidenAPhonesPage()
      throws IOException, InterruptedException {
    browser.size(390, 844);
    openReport(run(SyntheticRun.SIXTEEN).write(folder.resolve("sixteen")));
    assertThat(browser.script("return performance.getEntriesByType('resource').length").asInt())
        .isZero();
    assertThat(
            browser.script("return document.documentElement.scrollWidth <= innerWidth").asBoolean())
        .isTrue();
    assertThat(browser.consoleErrors()).isEmpty();
  }

  @Test
  void anEmptyAFailedAndAHalfWrittenRunSaySo() throws IOException, InterruptedException {
    var run = run(SyntheticRun.SEVEN);
    openReport(metrics(""));
    assertThat(browser.script("return " + shows("written nothing yet")).asBoolean()).isTrue();
    var failure = new RunEvent.Done(1, "failed", "loss is NaN", null, 0, 2);
    openReport(metrics(startLine(run, 0) + Json.line(failure) + "\n"));
    assertThat(browser.script("return " + shows("failed at step 1 of 100")).asBoolean()).isTrue();
    openReport(metrics(startLine(run, 0) + lines(run, -1, 5) + "{\"event\":\"tra"));
    assertThat(browser.script("return " + shows("only half written")).asBoolean()).isTrue();
    assertThat(browser.consoleErrors()).isEmpty();
  }

  @Test
  void chartsCanBeReadWithTheKeyboard() throws IOException, InterruptedException {
    openReport(run(SyntheticRun.SEVEN).write(folder.resolve("keys")));
    browser.script("document.getElementById('losses').scrollIntoView()");
    browser.await("[...figures].some(figure => figure.curves)", PATIENCE);
    var spoken =
        browser.script(
            """
            const plot = [...figures].find(figure => figure.curves).plot;
            plot.focus();
            plot.dispatchEvent(new KeyboardEvent('keydown', {key: 'End', bubbles: true}));
            return document.getElementById('spoken').textContent;
            """);
    assertThat(spoken.asText()).contains("training tokens:", "wiki 2.", "arxiv 2.");
  }
}
