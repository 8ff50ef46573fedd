package io.github.drprune.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.drprune.json.Json;
import io.github.drprune.run.RunEvent;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportCommandTest {
  @TempDir private Path folder;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... arguments) {
    return Main.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(arguments);
  }

  private String runWithLoss(String name, double loss) throws IOException {
    var start =
        new RunEvent.Start(0, "train", null, 1, 100, null, null, List.of("wiki"), null, null);
    var result = new RunEvent.DomainEvaluation(loss, Math.exp(loss), 10);
    var evaluation =
        new RunEvent.Evaluation(1, 100, Map.of("wiki", result), loss, "wiki", Map.of("wiki", 0.1));
    var done = new RunEvent.Done(1, "completed", null, null, 100, 2);
    var lines = new StringBuilder();
    for (RunEvent event : List.of(start, evaluation, done)) {
      lines.append(Json.line(event)).append('\n');
    }
    Path run = Files.createDirectories(folder.resolve(name));
    Files.writeString(run.resolve("metrics.jsonl"), lines);
    return run.toString();
  }

  @Test
  void onePageBesideTheRunByDefault() throws IOException {
    String run = runWithLoss("a", 2);
    assertThat(run("report", run)).isZero();
    assertThat(Path.of(run, "report.html")).content().contains("<title>a — drprune</title>");
    assertThat(out.toString()).contains("The run is complete", "report.html");
  }

  @Test
  void severalRunsAndTheirDifferences() throws IOException {
    String first = runWithLoss("a", 2);
    String second = runWithLoss("b", 1.5);
    Path json = folder.resolve("figures.json");
    Path html = folder.resolve("both.html");
    assertThat(run("report", first, second, "--out", html.toString(), "--json", json.toString()))
        .isZero();
    var figures = Json.tree(Files.readString(json), "figures");
    assertThat(figures.at("/runs/1/domains/0/loss_now").asDouble()).isEqualTo(1.5);
    assertThat(figures.at("/comparison/rows/0/difference/1").asDouble()).isEqualTo(-0.5);
    assertThat(html)
        .content()
        .contains("<title>a · b — drprune</title>", "<li>b: The run is complete");
    assertThat(out.toString()).contains("a:\nThe run is complete", "b:\nThe run is complete");
  }

  @Test
  void tasksOfSeveralModelsSideBySide() throws IOException {
    String run = runWithLoss("a", 2);
    Path source =
        Files.writeString(
            folder.resolve("source.json"),
            """
            {"models": [{"model": "source", "groups": {}, "tasks":
              {"arc": {"documents": 40, "shots": 0, "metrics": {"acc": 0.5, "acc_stderr": 0.03}},
               "lm": {"documents": 9, "shots": 0, "metrics": {"perplexity": 20.0}}}}]}
            """);
    Path small =
        Files.writeString(
            folder.resolve("small.json"),
            """
            {"models": [{"model": "small", "groups": {}, "tasks":
              {"arc": {"documents": 40, "shots": 0, "metrics": {"acc": 0.4, "acc_stderr": 0.04}},
               "lm": {"documents": 8, "shots": 0, "metrics": {"perplexity": null}},
               "new": {"documents": 5, "shots": 1,
                 "metrics": {"exact_match": 0, "exact_match,strict": 0}}}}]}
            """);
    Path json = folder.resolve("figures.json");
    String[] command = {
      "report",
      run,
      "--tasks",
      source.toString(),
      "--tasks",
      small.toString(),
      "--json",
      json.toString()
    };
    assertThat(run(command)).isZero();

    var tasks = Json.tree(Files.readString(json), "figures").get("tasks");
    assertThat(tasks.get("models")).hasToString("[\"source\",\"small\"]");
    assertThat(tasks.at("/rows/0/cells/1/difference").asDouble()).isCloseTo(-0.1, within(1e-12));
    assertThat(tasks.at("/rows/0/cells/1/difference_error").asDouble())
        .isCloseTo(0.05, within(1e-12)); // the square root of 0.03^2 + 0.04^2
    assertThat(tasks.at("/rows/1/lower_is_better").asBoolean()).isTrue();
    assertThat(tasks.at("/rows/1/cells/1/difference").isNull()).isTrue();
    assertThat(tasks.at("/rows/2/metric").asText()).isEqualTo("exact_match,strict");
    assertThat(tasks.at("/rows/2/cells/0/value").isNull()).isTrue();
    assertThat(tasks.get("rows")).hasSize(3);
    assertThat(Path.of(run, "report.html")).content().contains("\"difference_error\":0.05");

    Files.writeString(source, "{\"models\": []}");
    assertThat(run("report", run, "--tasks", source.toString())).isEqualTo(Main.USER_MISTAKE);
    assertThat(err.toString()).contains("source.json: lists no models").hasLineCount(1);
  }

  @Test
  void whatAJudgePreferredIsShown() throws IOException {
    String run = runWithLoss("a", 2);
    Path judged =
        Files.writeString(
            folder.resolve("judged.json"),
            """
            {"a": "tuned.jsonl", "b": "<b>base</b>.jsonl", "judge": "j", "result": {"pairs": 40,
             "win_rate": 0.6375, "low": 0.51, "high": 0.76, "agreeing": 0.8, "first_share": 0.5,
             "longer_share": null, "ties": 3, "unread": 0, "mean_characters_a": 10,
             "mean_characters_b": 20}}
            """);
    assertThat(run("report", run, "--judged", judged.toString())).isZero();
    assertThat(Path.of(run, "report.html")).content().contains("\"win_rate\":0.6375");

    Files.writeString(judged, "{\"a\": \"x\"}");
    assertThat(run("report", run, "--judged", judged.toString())).isEqualTo(Main.USER_MISTAKE);
    assertThat(err.toString()).contains("judged.json: needs the keys a, b").hasLineCount(1);
  }

  @Test
  void mistakesAreToldInOneLine() throws IOException {
    assertThat(run("report", folder.resolve("none").toString())).isEqualTo(Main.USER_MISTAKE);
    String run = runWithLoss("a", 2);
    assertThat(run("report", run, run)).isEqualTo(Main.USER_MISTAKE);
    assertThat(run("report", run, "--out", folder.resolve("no/such/page.html").toString()))
        .isEqualTo(Main.USER_MISTAKE);
    assertThat(run("watch", folder.resolve("none").toString())).isEqualTo(Main.USER_MISTAKE);
    assertThat(err.toString().lines()).hasSize(4).allMatch(line -> line.startsWith("drprune: "));
  }
}
