package io.github.drprune.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.drprune.config.binding.ConfigLoader;
import io.github.drprune.error.UserException;
import io.github.drprune.prune.HiddenBasis;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PipelineConfigTest {
  private static final String SHORT =
      """
      prepare: {tokenizer: base, input: text, seq_len: 256, out: prepared}
      prune:
        model: base
        output: runs/prune
        steps: 600
        target: {sparsity: 0.5}
      train:
        output: runs/train
        steps: 400
      evaluate: {json: losses.json}
      report: {out: report.html}
      """;

  @TempDir Path folder;

  private PipelineConfig load(String yaml, String... sets) throws IOException {
    Path file = Files.writeString(folder.resolve("pipeline.yaml"), yaml);
    return PipelineConfig.load(file, List.of(sets));
  }

  @Test
  void laterStagesFollowFromEarlierOnes() throws IOException {
    var config = load(SHORT);
    assertThat(config.prune().orElseThrow().run().data()).isEqualTo(Path.of("prepared"));
    var train = config.train().orElseThrow();
    assertThat(train.run().data()).isEqualTo(Path.of("prepared"));
    assertThat(train.model()).contains(Path.of("runs/prune/model"));
    var evaluate = config.evaluate().orElseThrow();
    assertThat(evaluate.data()).isEqualTo(Path.of("prepared"));
    assertThat(evaluate.models())
        .containsExactly(Path.of("base"), Path.of("runs/prune/model"), Path.of("runs/train/model"));
    assertThat(config.report().orElseThrow().runs())
        .containsExactly(Path.of("runs/prune"), Path.of("runs/train"));
    assertThat(config.cut()).isEmpty();
  }

  @Test
  void aCutGoesBeforeThePrunedModel() throws IOException {
    var config = load(SHORT + "cut: {masks: masks.json, output: cut}\n");
    assertThat(config.cut().orElseThrow().model()).isEqualTo(Path.of("base"));
    assertThat(config.train().orElseThrow().model()).contains(Path.of("cut"));
    assertThat(config.prune().orElseThrow().masks().hiddenBasis()).contains(HiddenBasis.SOURCE);
  }

  @Test
  void importanceNeedsNoStepsInAPipelineEither() throws IOException {
    String importance = SHORT.replace("steps: 600", "method: importance");
    assertThat(load(importance).prune().orElseThrow().run().steps()).isEqualTo(1);
    assertRefused(SHORT.replace("  steps: 600\n", ""), "prune.steps: is missing");
  }

  @Test
  void whatIsGivenStands() throws IOException {
    var config = load(SHORT, "train.data=other", "train.model=another", "evaluate.models=[x]");
    assertThat(config.train().orElseThrow().run().data()).isEqualTo(Path.of("other"));
    assertThat(config.train().orElseThrow().model()).contains(Path.of("another"));
    assertThat(config.evaluate().orElseThrow().data()).isEqualTo(Path.of("other"));
    assertThat(config.evaluate().orElseThrow().models()).containsExactly(Path.of("x"));
  }

  @Test
  void aNewModelIsTrainedFromItsShape() throws IOException {
    String shape =
        "{hidden_size: 64, layers: 2, heads: 4, intermediate_size: 176, tokenizer: base}";
    var config = load(SHORT.replace("steps: 400", "steps: 400\n  shape: " + shape));
    assertThat(config.train().orElseThrow().model()).isEmpty();
  }

  /** As {@code --set} and a key with nothing after it leave them. */
  @Test
  void whatIsUnsetIsNotGiven() throws IOException {
    var config = load(SHORT, "cut=", "budget=");
    assertThat(config.prune().orElseThrow().masks().hiddenBasis()).isEmpty();
    assertThat(config.train().orElseThrow().model()).contains(Path.of("runs/prune/model"));
    assertThat(load(SHORT + "budget:\ncut:\n")).isEqualTo(load(SHORT));
    String prepare = "prepare: {tokenizer: base, input: text, seq_len: 256, out: prepared}\n";
    assertThat(load("budget:\n" + prepare).budget()).isEmpty();
    String model = source(61);
    var domains = load(SPENDING.formatted(model), "train.domains=").train().orElseThrow().run();
    assertThat(domains.domains().rho()).isEqualTo(0.3);
  }

  private static final String SPENDING =
      """
      budget: 0.41M
      prepare: {tokenizer: %1$s, input: text, seq_len: 256, out: prepared}
      prune: {model: %1$s, output: runs/prune, target: {hidden_size: 16}}
      train: {output: runs/train}
      """;

  private String source(long vocabulary) throws IOException {
    Path model = Files.createDirectories(folder.resolve("base"));
    Files.writeString(
        model.resolve("config.json"),
        """
        {"model_type": "llama", "hidden_size": 32, "num_attention_heads": 4,
         "num_hidden_layers": 2, "intermediate_size": 48, "vocab_size": %d}
        """
            .formatted(vocabulary));
    return model.toString();
  }

  @Test
  void aBudgetIsSpentOnTrainingTheFittedCut() throws IOException {
    String model = source(61);
    var config = load(SPENDING.formatted(model));
    assertThat(config.prune().orElseThrow().masks().method())
        .isEqualTo(MaskConfig.Method.IMPORTANCE);
    var train = config.train().orElseThrow().run();
    assertThat(train.steps()).isEqualTo(800);
    assertThat(train.globalBatch()).isEqualTo(2);
    assertThat(train.optimizer().learningRate()).isEqualTo(1e-3);
    assertThat(train.distillation().orElseThrow().teacher()).isEqualTo(Path.of(model));
    assertThat(train.domains().rho()).isEqualTo(0.3);
    assertThat(train.domains().smoothing()).isEqualTo(0.5);
    assertThat(train.evaluationSequences()).isEqualTo(32);
    assertThat(config.spending())
        .contains(
            "budget of 410,000 tokens: a cut by importance, fitted to the source; then 800 steps of"
                + " 2 sequences at learning rate 0.0010, 0.9 of the loss distilled from "
                + model);
    assertThat(load(SPENDING.replace("0.41M", "410000").formatted(model)))
        .isEqualTo(load(SPENDING.formatted(model), "budget=410000"));
    // A hundred times the tokens: ten times the batch, to a power of two, and ten times the steps.
    train = load(SPENDING.formatted(model), "train.domains.rho=0.2").train().orElseThrow().run();
    assertThat(train.domains().rho()).isEqualTo(0.2);
    train = load(SPENDING.formatted(model), "budget=41M").train().orElseThrow().run();
    assertThat(train.globalBatch()).isEqualTo(16);
    assertThat(train.steps()).isEqualTo(10_009);
    // A large source is trained more carefully.
    train = load(SPENDING.formatted(source(30_000_000))).train().orElseThrow().run();
    assertThat(train.optimizer().learningRate()).isBetween(1e-4, 2e-4);
  }

  @Test
  void whatIsGivenIsNotChosenByTheBudget() throws IOException {
    var config =
        load(
            SPENDING.formatted(source(61)),
            "prune.method=masks",
            "prune.steps=40",
            "train.steps=30",
            "train.learning_rate=2e-4");
    assertThat(config.prune().orElseThrow().masks().method()).isEqualTo(MaskConfig.Method.MASKS);
    assertThat(config.prune().orElseThrow().run().steps()).isEqualTo(40);
    assertThat(config.train().orElseThrow().run().steps()).isEqualTo(30);
    RunConfig train = config.train().orElseThrow().run();
    assertThat(train.optimizer().learningRate()).isEqualTo(2e-4);
    assertThat(train.evaluationInterval()).isEqualTo(2); // of 30 steps
  }

  @Test
  void aGivenBatchSpendsNoMoreTokens() throws IOException {
    String spending = SPENDING.formatted(source(61));
    RunConfig train = load(spending, "train.global_batch=64").train().orElseThrow().run();
    assertThat(train.steps()).isEqualTo(410_000 / (64 * 256));
    assertThat(train.evaluationInterval()).isEqualTo(2);
    assertThatThrownBy(() -> load(spending, "train.global_batch=2000"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("410000 tokens are less than one step of 2000 sequences");
    assertThat(load(spending, "budget=8h", "train.global_batch=5000").train()).isPresent();
    train = load(spending, "train.steps=", "train.global_batch=").train().orElseThrow().run();
    assertThat(train.steps()).isEqualTo(800);
    assertThat(train.globalBatch()).isEqualTo(2);
  }

  @Test
  void masksTakeTwoFifthsOfABudget() throws IOException {
    String spending = SPENDING.formatted(source(61));
    var config = load(spending, "prune.method=masks");
    RunConfig prune = config.prune().orElseThrow().run();
    RunConfig train = config.train().orElseThrow().run();
    assertThat(prune.steps()).isEqualTo(160);
    assertThat(prune.globalBatch()).isEqualTo(4);
    assertThat(prune.evaluationInterval()).isEqualTo(3); // enough to predict references from
    assertThat(prune.optimizer().learningRate()).isEqualTo(1e-3);
    assertThat(train.steps()).isEqualTo((410_000 - 160 * 4 * 256) / (2 * 256));
    List<String> many = List.of("prune.method=masks", "prune.steps=1000");
    assertThatThrownBy(() -> load(spending, many.toArray(String[]::new)))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("budget: the steps of prune take 1024000 of its 410000 tokens");
  }

  @Test
  void whatIsSaidOfDistillationLeavesTheRestToTheBudget() throws IOException {
    String model = source(61);
    String spending = SPENDING.formatted(model);
    RunConfig train = load(spending, "train.distillation.weight=0.5").train().orElseThrow().run();
    assertThat(train.distillation().orElseThrow())
        .isEqualTo(new DistillationConfig(Path.of(model), 0.5, 1));
    assertThat(train.domains().rho()).isEqualTo(0.3);
    assertThat(train.domains().smoothing()).isEqualTo(0.5);
    train = load(spending, "train.distillation=").train().orElseThrow().run();
    assertThat(train.distillation()).isEmpty();
    assertThat(train.domains().rho()).isEqualTo(0.1);
    assertThat(train.evaluationInterval()).isEqualTo(16);
  }

  @Test
  void theSourceThatTeachesIsTheModelThatWasPruned() throws IOException {
    for (String set :
        List.of("train.distillation.weight=0.5", "train.distillation.teacher=source")) {
      var train = load(SHORT, set).train().orElseThrow().run();
      assertThat(train.distillation().orElseThrow().teacher()).as(set).isEqualTo(Path.of("base"));
      var said = load(SHORT, "train.model=runs/prune/./model", set).train().orElseThrow().run();
      assertThat(said.distillation().orElseThrow().teacher()).as(set).isEqualTo(Path.of("base"));
    }
    var beforeTheCut =
        load(
            SHORT + "cut: {masks: masks.json, output: cut}\n",
            "train.model=runs/prune/model",
            "train.distillation.teacher=source");
    assertThat(beforeTheCut.train().orElseThrow().run().distillation().orElseThrow().teacher())
        .isEqualTo(Path.of("base"));
    var other = load(SHORT, "train.model=another", "train.distillation.teacher=source");
    assertThat(other.train().orElseThrow().run().distillation().orElseThrow().isOfSource())
        .isTrue();
  }

  @Test
  void theSourceThatTeachesIsTheModelThatWasCut() throws IOException {
    String cut = "cut: {model: base, masks: masks.json, output: small}\n";
    String train = "train: {output: runs/train, data: prepared, steps: 9, distillation: {}}\n";
    for (String set : List.of("train.steps=9", "train.distillation.teacher=source")) {
      var config = load(cut + train, set).train().orElseThrow();
      assertThat(config.model()).contains(Path.of("small"));
      assertThat(config.run().distillation().orElseThrow().teacher())
          .as(set)
          .isEqualTo(Path.of("base"));
    }
    var other = load(SHORT + cut.replace("base", "other"), "train.distillation.weight=0.5");
    assertThat(other.train().orElseThrow().run().distillation().orElseThrow().teacher())
        .isEqualTo(Path.of("other"));
    var spent = load(SPENDING.formatted(source(61)) + cut.replace("base", "other"));
    assertThat(spent.train().orElseThrow().run().distillation().orElseThrow().teacher())
        .isEqualTo(Path.of("other"));
  }

  @Test
  void aSequenceLengthThatIsNoneIsToldAsSuch() throws IOException {
    String spending = SPENDING.formatted(source(61));
    for (String length : List.of("4k", "0", "-4", "''")) {
      assertThatThrownBy(() -> load(spending.replace("256", length)))
          .as(length)
          .isInstanceOf(UserException.class)
          .hasMessageContaining("prepare.seq_len");
    }
  }

  @Test
  void aBudgetThatCannotBeSpentIsRefused() throws IOException {
    String spending = SPENDING.formatted(source(61));
    assertThat(load(spending, "budget=1.5h").time()).contains(Duration.ofMinutes(90));
    assertThat(load(spending, "budget=20min").time()).contains(Duration.ofMinutes(20));
    assertThat(load(spending, "budget=20m").time()).isEmpty();
    assertThatThrownBy(() -> load(spending, "budget=0h"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("budget: 0h is no time; raise it");
    assertThatThrownBy(() -> load(spending, "budget=100"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("budget: 100 tokens are less than one step");
    for (String number : List.of("-5", "1e40")) {
      assertThatThrownBy(() -> load(spending.replace("0.41M", number)))
          .as(number)
          .isInstanceOf(UserException.class)
          .hasMessageContaining("budget");
    }
    assertThatThrownBy(() -> load(spending, "budget=much"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(
            "budget: 'much' is not possible: expected a number of tokens such as 400M, or a time"
                + " such as 8h or 90min");
    assertThatThrownBy(() -> load(spending.replaceAll("train: .*", "")))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("name both");
  }

  @Test
  void theResolvedPipelineReadsBack() throws IOException {
    var config = load(SHORT);
    assertThat(load(ConfigLoader.yaml(config))).isEqualTo(config);
  }

  @Test
  void mistakesNameTheStage() {
    assertRefused("prunes: {}\n", "prunes: unknown key (did you mean 'prune'?)");
    assertRefused("{}\n", "prepare: a pipeline needs at least one of the stages");
    assertRefused("train: {model: m, output: o, steps: 1}\n", "train.data: is missing");
    assertRefused(SHORT.replace("600", "0"), "prune.steps: 0 is out of range");
    assertRefused("report: {out: r.html}\n", "report.runs: expected at least one run folder");
    assertRefused(
        SHORT.replace("input: text", "input: text, domains: {a: text/a}"),
        "prepare.input: give this or domains, found both");
    assertRefused(SHORT.replace("input: text, ", ""), "prepare.input: give this or domains");
    assertRefused(
        SHORT.replace("seq_len: 256", "seq_len: 256, special_tokens: txt"),
        "prepare.special_tokens: 'txt' is not possible (did you mean 'text'?)");
  }

  private void assertRefused(String yaml, String message) {
    assertThatThrownBy(() -> load(yaml))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(folder.resolve("pipeline.yaml") + ": " + message);
  }

  @Test
  void itsSectionsAreThoseOfTheCommands() throws IOException {
    var config = load(SHORT);
    Path file = folder.resolve("prune.yaml");
    Files.writeString(file, ConfigLoader.yaml(config.prune().orElseThrow()));
    assertThat(ConfigLoader.load(Optional.of(file), List.of(), PruneConfig.class))
        .isEqualTo(config.prune().orElseThrow());
  }
}
