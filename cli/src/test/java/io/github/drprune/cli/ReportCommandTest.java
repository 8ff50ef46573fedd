package io.github.drprune.cli;

import static org.assertj.core.api.Assertions.assertThat;

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
    assertThat(html).content().contains("<title>a · b — drprune</title>");
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
