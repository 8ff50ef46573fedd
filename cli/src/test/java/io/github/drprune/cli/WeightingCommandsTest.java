package io.github.drprune.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.drprune.json.Json;
import io.github.drprune.run.EventLog;
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

final class WeightingCommandsTest {
  @TempDir private Path folder;

  private record Result(int code, String out, String err) {}

  private static Result run(String... args) {
    var out = new StringWriter();
    var err = new StringWriter();
    int code =
        Main.commandLine().setOut(new PrintWriter(out)).setErr(new PrintWriter(err)).execute(args);
    return new Result(code, out.toString(), err.toString());
  }

  @Test
  void referenceLossPredicts() throws IOException {
    Path points = folder.resolve("points.json");
    Files.writeString(
        points, "{\"1B\": {\"wiki\": 3}, \"4B\": {\"wiki\": 2}, \"16B\": {\"wiki\": 1.5}}");
    Path json = folder.resolve("out.json");
    var result =
        run(
            "reference-loss",
            "--points",
            points.toString(),
            "--parameters",
            "250M",
            "--json",
            json.toString());

    // 1 + 2 N^-0.5 with N in billions
    assertThat(result.code).isZero();
    assertThat(result.out).contains("reference_loss: {wiki: 5.0000}");
    var figures = Json.tree(Files.readString(json), "out.json");
    assertThat(figures.get("reference_loss").get("wiki").doubleValue()).isBetween(4.9999, 5.0001);
    assertThat(figures.get("curves").get("wiki").get("determined").booleanValue()).isTrue();
  }

  @Test
  void referenceLossNamesTheMistake() {
    var result =
        run("reference-loss", "--points", folder.resolve("x").toString(), "--parameters", "1B");
    assertThat(result.code).isEqualTo(Main.USER_MISTAKE);
    assertThat(result.err.lines()).hasSize(1);
    assertThat(result.err).contains("no such file");
  }

  private void writeRun() throws IOException {
    var config = Json.tree("{\"domains\": {\"strategy\": \"constant\", \"rho\": 0.3}}", "config");
    var text = new StringBuilder();
    text.append(
        Json.line(
            new RunEvent.Start(
                0, "train", "", 10, 100, null, null, List.of("wiki", "web"), config, Map.of())));
    for (int step = 2; step <= 10; step += 2) {
      text.append('\n')
          .append(
              Json.line(
                  new RunEvent.Evaluation(
                      step,
                      step * 100,
                      Map.of(
                          "wiki", new RunEvent.DomainEvaluation(2.5, 12.2, 10),
                          "web", new RunEvent.DomainEvaluation(2.0, 7.4, 10)),
                      2.25,
                      "wiki",
                      Map.of())));
    }
    Files.writeString(folder.resolve(EventLog.FILE_NAME), text + "\n{\"event\":\"tr");
  }

  @Test
  void replayShowsStrategiesSideBySide() throws IOException {
    writeRun();
    Path json = folder.resolve("out.json");
    var result =
        run(
            "replay",
            folder.toString(),
            "--strategy",
            "dro,sheared",
            "--rho",
            "0.02,0.1",
            "--set",
            "reference_loss={wiki: 2, web: 2}",
            "--json",
            json.toString());

    assertThat(result.err).isEmpty();
    assertThat(result.code).isZero();
    assertThat(result.out).contains("dro, rho 0.02", "dro, rho 0.1", "sheared", "step 10");
    var replays = Json.tree(Files.readString(json), "out.json").get("replays");
    assertThat(replays).hasSize(3);
    assertThat(replays.get(0).get("weights")).hasSize(5);
    // As in ChiSquareBallTest: (0.6, 0.4), then the floor at the smallest proportion, 6/11.
    assertThat(replays.get(0).get("weights").get(0).get("weights").get("wiki").doubleValue())
        .isBetween(6.0 / 11 - 1e-9, 6.0 / 11 + 1e-9);
  }

  @Test
  void replayTakesTheRunsOwnSettings() throws IOException {
    writeRun();
    var result = run("replay", folder.toString());
    assertThat(result.code).isZero();
    assertThat(result.out).startsWith("constant").contains("0.5000");
  }

  /** A run with a teacher took its losses for references, which no key of the log says. */
  @Test
  void replayKeepsTheReferencesOfATeacher() throws IOException {
    Path log = folder.resolve(EventLog.FILE_NAME);
    writeRun();
    String lines = Files.readString(log);
    String weights =
        Json.line(
            new RunEvent.Weights(
                2,
                Map.of("wiki", 0.5, "web", 0.5),
                Map.of("wiki", 2.0, "web", 2.0),
                Map.of("wiki", 0.5, "web", 0.5),
                Map.of(),
                null,
                null,
                List.of(),
                Map.of()));
    lines =
        lines.replace(
            "\"domains\":{\"strategy\":\"constant\"",
            "\"distillation\":{},\"domains\":{\"strategy\":\"drpruning\"");
    int afterFirst = lines.indexOf('\n', lines.indexOf('\n') + 1);
    Files.writeString(
        log, lines.substring(0, afterFirst) + "\n" + weights + lines.substring(afterFirst));
    var result = run("replay", folder.toString(), "--strategy", "dro,drpruning", "--rho", "0.02");
    assertThat(result.err).isEmpty();
    assertThat(result.code).isZero();
    // Both from the first evaluation on, as in the test above: (0.6, 0.4) and then the floor.
    assertThat(result.out.lines().filter(line -> line.contains("wiki")).skip(1))
        .hasSize(2)
        .allMatch(line -> line.matches(" *wiki +0.5455.*"));
  }

  @Test
  void replayNamesTheMistake() throws IOException {
    writeRun();
    var result = run("replay", folder.toString(), "--strategy", "dro");
    assertThat(result.code).isEqualTo(Main.USER_MISTAKE);
    assertThat(result.err.lines()).hasSize(1);
    assertThat(result.err).contains("reference_loss", "'wiki'", "'dro'");
    assertThat(run("replay", folder.toString(), "--rho", "0.2").err)
        .contains("--rho: strategy 'constant' has none");
    assertThat(run("replay", folder.toString(), "--strategy", "drpruning", "--rho", "0").err)
        .contains("rho: 0.0 is out of range: choose a number above 0");
    assertThat(run("replay", folder.toString(), "--set", "roh=1").err)
        .contains("roh", "did you mean 'rho'");
  }
}
