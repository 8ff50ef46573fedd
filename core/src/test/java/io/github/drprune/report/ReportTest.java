package io.github.drprune.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.drprune.error.UserException;
import io.github.drprune.json.Json;
import io.github.drprune.model.ConfigReader;
import io.github.drprune.model.ModelSummary;
import io.github.drprune.run.RunEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportTest {
  private static final int MEBIBYTE = 1 << 20;

  @TempDir Path folder;

  private Path run(String name, String text) throws IOException {
    Path run = Files.createDirectories(folder.resolve(name));
    Files.writeString(run.resolve(RunFile.METRICS), text);
    return run;
  }

  private static RunView view(Path run) throws IOException {
    return Report.read(List.of(run)).runs().getFirst();
  }

  private String page(Path... runs) throws IOException {
    Path html = folder.resolve("page.html");
    Report.write(List.of(runs), html);
    return Files.readString(html);
  }

  /** The data a page carries, as its script reads it. */
  private static JsonNode data(String html) {
    String opening = "<script id=\"model\" type=\"application/json\">";
    int from = html.indexOf(opening) + opening.length();
    return Json.tree(html.substring(from, html.indexOf("</script>", from)), "page");
  }

  @Test
  void showsWhatTheEventsSay() throws IOException {
    var synthetic = new SyntheticRun(SyntheticRun.SEVEN, 200, 20, 1);
    var view = view(synthetic.write(folder.resolve("run")));
    assertThat(view.state()).isEqualTo(RunStatus.DONE);
    assertThat(view.domains()).isEqualTo(SyntheticRun.SEVEN);
    assertThat(view.training().loss().x()).hasSize(200);
    assertThat(view.heldOut().loss().get("wiki").x()).hasSize(11);
    assertThat(view.weighting().weights().x()).hasSize(11);
    var evaluations =
        synthetic.events().stream()
            .filter(RunEvent.Evaluation.class::isInstance)
            .map(RunEvent.Evaluation.class::cast)
            .toList();
    var wiki = view.table().get(SyntheticRun.SEVEN.indexOf("wiki"));
    assertThat(wiki.lossBefore())
        .isEqualTo(evaluations.getFirst().domains().get("wiki").loss(), within(1e-5));
    assertThat(wiki.lossNow())
        .isEqualTo(evaluations.getLast().domains().get("wiki").loss(), within(1e-5));
    assertThat(view.summary().getFirst())
        .startsWith("The run is complete: 200 steps over 105 million training tokens");
    assertThat(view.summary().get(1)).contains("135 million", "50.3 million");
    assertThat(view.warnings()).hasSize(1);
    assertThat(view.sparsity().maps()).extracting(HeatMap::module).contains("head", "hidden");
  }

  @Test
  void fittedCurvesFollowTheirFormula() throws IOException {
    var view = view(new SyntheticRun(SyntheticRun.SEVEN, 200, 20, 1).write(folder.resolve("run")));
    var fit = view.weighting().fits().get("books");
    // The synthetic fit goes through the last loss, at the tokens that the domain's weights gave
    // it.
    assertThat(fit.curve().y().getLast())
        .isEqualTo(view.heldOut().loss().get("books").y().getLast(), within(0.05));
    assertThat(fit.endX()).isEqualTo(view.tokens());
  }

  @Test
  void speedUpIsCountedFromTheShapes() {
    // Per layer (q + k + v + o + 3 MLP matrices): 4 * 8*8 + 3 * 8*16 = 640; twice: 1280.
    var source = model("\"hidden_size\": 8, \"num_hidden_layers\": 2", 2, 16);
    // One layer, half the heads and hidden units, of the same head dim: 4 * 4*4 + 3 * 4*8 = 160.
    var result = model("\"hidden_size\": 4, \"num_hidden_layers\": 1", 1, 8);
    assertThat(source.speedUp(result)).contains(8.0);
    var older = new ModelSummary("llama", 4, 1, 1, 1, 8, 1, null);
    assertThat(source.speedUp(older)).isEmpty();
  }

  private static ModelSummary model(String sizes, int heads, int intermediate) {
    return ModelSummary.of(
        ConfigReader.parse(
            """
            {"model_type": "llama", %s, "num_attention_heads": %d, "head_dim": 4,
             "intermediate_size": %d, "vocab_size": 9}
            """
                .formatted(sizes, heads, intermediate),
            "test"));
  }

  @Test
  void anEmptyRunSaysSo() throws IOException {
    Path run = run("empty", "");
    assertThat(view(run).state()).isEqualTo(RunStatus.EMPTY);
    assertThat(data(page(run)).at("/runs/0/summary/0").asText()).contains("written nothing yet");
  }

  @Test
  void aRunThatFailedAtItsFirstStepSaysSo() throws IOException {
    var synthetic = new SyntheticRun(SyntheticRun.SEVEN, 100, 10, 1);
    var failure = new RunEvent.Done(1, "failed", "loss is NaN", null, 0, 2);
    Path run = run("failed", SyntheticRun.line(synthetic.start(0)) + SyntheticRun.line(failure));
    assertThat(view(run).state()).isEqualTo(RunStatus.FAILED);
    assertThat(data(page(run)).at("/runs/0/summary/0").asText())
        .startsWith("The run failed at step 1 of 100")
        .endsWith("loss is NaN");
  }

  @Test
  void aHalfWrittenLastLineIsLeftOutAndTold() throws IOException {
    Path whole = new SyntheticRun(SyntheticRun.SEVEN, 50, 10, 1).write(folder.resolve("whole"));
    String text = Files.readString(whole.resolve(RunFile.METRICS));
    var view = view(run("half", text.substring(0, text.length() - 20)));
    assertThat(view.state()).isEqualTo(RunStatus.RUNNING);
    assertThat(view.step()).isEqualTo(50);
    assertThat(view.warnings()).extracting(RunView.Note::message).anyMatch(s -> s.contains("half"));
  }

  @Test
  void aRunNotWrittenToForLongIsStale() throws IOException {
    var synthetic = new SyntheticRun(SyntheticRun.SEVEN, 100, 10, 1);
    Path run = run("stale", SyntheticRun.line(synthetic.start(0)));
    assertThat(view(run).state()).isEqualTo(RunStatus.RUNNING);
    var old = java.nio.file.attribute.FileTime.fromMillis(System.currentTimeMillis() - 3_600_000);
    Files.setLastModifiedTime(run.resolve(RunFile.METRICS), old);
    assertThat(view(run).state()).isEqualTo(RunStatus.STALE);
  }

  @Test
  void aContinuationReplacesTheStepsAfterItsCheckpoint() throws IOException {
    var synthetic = new SyntheticRun(SyntheticRun.SEVEN, 100, 10, 1);
    var lines = new StringBuilder();
    var events = synthetic.events();
    events.stream().filter(e -> e.step() <= 80).forEach(e -> lines.append(SyntheticRun.line(e)));
    lines.append(SyntheticRun.line(synthetic.start(50)));
    events.stream()
        .filter(e -> e.step() > 50 && e.step() <= 60)
        .forEach(e -> lines.append(SyntheticRun.line(e)));
    var view = view(run("resumed", lines.toString()));
    assertThat(view.step()).isEqualTo(60);
    assertThat(view.training().loss().x()).hasSize(60).isSorted().doesNotHaveDuplicates();
    assertThat(view.heldOut().mean().x()).hasSize(7);
  }

  @Test
  void nothingInARunEndsTheScriptItStandsIn() throws IOException {
    Path run = new SyntheticRun(SyntheticRun.HOSTILE, 40, 10, 1).write(folder.resolve("<b>&\"'@"));
    String html = page(run);
    var domains = new ArrayList<String>();
    data(html).at("/runs/0/domains").forEach(name -> domains.add(name.asText()));
    assertThat(domains).isEqualTo(SyntheticRun.HOSTILE);
    assertThat(html).doesNotContain("<script>window.hacked", "<img src=x", "<svg/onload", "<b>&");
  }

  @Test
  void thePageNamesNoOtherAddress() throws IOException {
    String html = page(new SyntheticRun(SyntheticRun.SEVEN, 40, 10, 1).write(folder.resolve("r")));
    assertThat(html).doesNotContain("src=\"http", "href=\"http", "@import", "url(http");
    assertThat(html).contains("default-src 'none'");
  }

  @Test
  void severalRunsAreComparedWithTheFirst() throws IOException {
    Path first = new SyntheticRun(SyntheticRun.SEVEN, 40, 10, 1).write(folder.resolve("first"));
    Path second = new SyntheticRun(SyntheticRun.SEVEN, 40, 10, 2).write(folder.resolve("second"));
    var model = Report.read(List.of(first, second));
    assertThat(model.comparison().runs()).containsExactly("first", "second");
    assertThat(model.comparison().rows()).hasSize(2 + 7);
    for (int i = 0; i < 7; i++) {
      var row = model.comparison().rows().get(i + 2);
      double one = model.runs().get(0).table().get(i).lossNow();
      double two = model.runs().get(1).table().get(i).lossNow();
      assertThat(row.loss()).containsExactly(one, two);
      assertThat(row.difference().getLast()).isEqualTo(two - one, within(1e-5));
    }
  }

  @Test
  void runsOfOneNameAreToldApartByTheirFolders() throws IOException {
    var synthetic = new SyntheticRun(SyntheticRun.SEVEN, 10, 5, 1);
    List<Path> runs = new ArrayList<>();
    for (String name : List.of("x/a/final", "x/b/final", "y/b/final", "x/b/other")) {
      runs.add(synthetic.write(folder.resolve(name)));
    }
    var model = Report.read(runs);
    assertThat(model.runs())
        .extracting(RunView::name)
        .containsExactly("a/final", "x/b/final", "y/b/final", "other");
    assertThat(model.comparison().runs()).contains("a/final", "y/b/final");
    Path again = runs.getFirst().resolve("../final").resolve(RunFile.METRICS);
    assertThatThrownBy(() -> Report.read(List.of(runs.getFirst(), again)))
        .isInstanceOf(UserException.class)
        .hasMessage(runs.getFirst() + ": named twice; name each run once");
  }

  @Test
  void logsInOneFolderAreToldApartByTheirNames() throws IOException {
    var synthetic = new SyntheticRun(SyntheticRun.SEVEN, 10, 5, 1);
    List<Path> logs = new ArrayList<>();
    for (String name : List.of("logs/a.jsonl", "logs/b.jsonl", "final", "other/logs")) {
      Path run = synthetic.write(folder.resolve(name.replace(".jsonl", "-run")));
      logs.add(
          name.endsWith(".jsonl")
              ? Files.copy(run.resolve(RunFile.METRICS), folder.resolve(name))
              : run);
    }
    String parent = folder.getFileName().toString();
    assertThat(Report.read(logs).runs())
        .extracting(RunView::name)
        .containsExactly(parent + "/logs/a.jsonl", parent + "/logs/b.jsonl", "final", "other/logs");
    assertThatThrownBy(() -> Report.read(List.of(logs.getFirst(), logs.getFirst())))
        .isInstanceOf(UserException.class)
        .hasMessage(logs.getFirst() + ": named twice; name each run once");
  }

  @Test
  void fiftyThousandStepsOfTwentyDomainsStaySmall() {
    var history = new RunHistory();
    new SyntheticRun(SyntheticRun.numbered(20), 50_000, 100, 1).forEach(history);
    long size =
        Json.line(history.trainingView()).length()
            + Json.line(history.heldOutView()).length()
            + Json.line(history.weightingView()).length()
            + Json.line(history.sparsityView()).length();
    assertThat(size).isLessThan(5 * MEBIBYTE);
  }

  @Test
  void aFolderWithoutARunIsAMistakeOfTheUser() {
    assertThatThrownBy(() -> Report.read(List.of(folder)))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("metrics.jsonl");
  }
}
