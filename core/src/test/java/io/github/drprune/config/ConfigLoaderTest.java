package io.github.drprune.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.drprune.config.binding.ConfigKey;
import io.github.drprune.config.binding.ConfigLoader;
import io.github.drprune.config.binding.ValueType;
import io.github.drprune.error.UserException;
import io.github.drprune.prune.MaskModule;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigLoaderTest {
  private static final String MINIMAL =
      """
      model: models/base
      data: data/prepared
      output: runs/half
      steps: 600
      target:
        hidden_size: 128
        layers: 6
      """;

  @TempDir Path folder;

  private PruneConfig prune(String yaml, String... sets) throws IOException {
    Path file = Files.writeString(folder.resolve("run.yaml"), yaml);
    return ConfigLoader.load(Optional.of(file), List.of(sets), PruneConfig.class);
  }

  private void assertRefused(String yaml, List<String> sets, String message) {
    assertThatThrownBy(() -> prune(yaml, sets.toArray(String[]::new)))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(message)
        .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));
  }

  /** A command's own defaults of keys within keys, whether the section is given or not. */
  @Test
  void defaultsReachIntoSections() {
    List<String> sets = List.of("model=base", "data=chats", "output=tuned");
    List<String> more = new ArrayList<>(sets);
    more.add("domains.strategy=dro");
    for (List<String> each : List.of(sets, more)) {
      var domains = ConfigLoader.load(each, TuneConfig.class).run().domains();
      assertThat(domains.keepReferences()).isTrue();
      assertThat(domains.rho()).isEqualTo(1);
      assertThat(domains.minRatio()).isEqualTo(0.2);
    }
    more.add("domains.keep_references=false");
    assertThat(ConfigLoader.load(more, TuneConfig.class).run().domains().keepReferences())
        .isFalse();
    sets = List.of("model=base", "data=texts", "output=trained", "steps=5");
    assertThat(ConfigLoader.load(sets, TrainConfig.class).run().domains().keepReferences())
        .isFalse();
  }

  /** As a shell's {@code <(command)}. */
  @Test
  void aPipeIsRead() throws Exception {
    Path pipe = folder.resolve("pipe");
    assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor()).isZero();
    var writer =
        Thread.ofVirtual()
            .start(
                () -> {
                  try {
                    Files.writeString(pipe, "report: {runs: [a], out: r.html}\n");
                  } catch (IOException e) {
                    throw new UncheckedIOException(e);
                  }
                });
    var config = PipelineConfig.load(pipe, List.of());
    writer.join();
    assertThat(config.report().orElseThrow().out()).isEqualTo(Path.of("r.html"));
  }

  @Test
  void defaultsFillWhatIsNotGiven() throws IOException {
    var config = prune(MINIMAL);
    assertThat(config.model()).isEqualTo(Path.of("models/base"));
    assertThat(config.run().steps()).isEqualTo(600);
    assertThat(config.run().seed()).isEqualTo(17);
    assertThat(config.run().seqLen()).isEmpty();
    assertThat(config.run().precision()).isEqualTo(RunConfig.PrecisionChoice.AUTO);
    assertThat(config.run().optimizer().learningRate()).isEqualTo(1e-4);
    assertThat(config.run().optimizer().warmup()).isEqualTo(0.1);
    assertThat(config.run().domains().strategy()).isEqualTo(DomainsConfig.Strategy.DRPRUNING);
    assertThat(config.run().domains().rho()).isEqualTo(0.1);
    assertThat(config.run().domains().minRatio()).isEqualTo(0.2);
    assertThat(config.masks().maskLearningRate()).isEqualTo(1.0);
    assertThat(config.target().layers()).contains(6);
    assertThat(config.target().heads()).isEmpty();
  }

  @Test
  void aMicroBatchIsAtMostTheBatch() throws IOException {
    assertThat(prune(MINIMAL, "global_batch=4").run().microBatch()).isEqualTo(4);
    assertThat(prune(MINIMAL, "global_batch=16").run().microBatch()).isEqualTo(8);
    assertThat(prune(MINIMAL, "global_batch=1", "micro_batch=2").run().microBatch()).isEqualTo(1);
  }

  @Test
  void assignmentsGoBeforeTheFile() throws IOException {
    var config =
        prune(
            MINIMAL + "learning_rate: \"3e-4\"\n",
            "steps=1e3",
            "target.layers=",
            "precision=fp32",
            "tensorboard=true",
            "domains.proportion={wiki: 0.25, \"2024\": 0.75}",
            "domains.floors.wiki=0.1",
            "mask_modules=[hidden, mlp]",
            "output=runs/a=b");
    assertThat(config.run().optimizer().learningRate()).isEqualTo(3e-4);
    assertThat(config.run().steps()).isEqualTo(1000);
    assertThat(config.target().layers()).isEmpty();
    assertThat(config.run().precision()).isEqualTo(RunConfig.PrecisionChoice.FP32);
    assertThat(config.run().tensorboard()).isTrue();
    assertThat(config.run().domains().proportion())
        .containsExactly(Map.entry("wiki", 0.25), Map.entry("2024", 0.75));
    assertThat(config.run().domains().floors()).isEqualTo(Map.of("wiki", 0.1));
    assertThat(config.masks().maskModules()).containsExactly(MaskModule.HIDDEN, MaskModule.MLP);
    assertThat(config.run().output()).isEqualTo(Path.of("runs/a=b"));
  }

  @Test
  void aFileIsNotNeeded() throws IOException {
    var sets = List.of("model=m", "data=d", "output=o", "steps=1", "target.sparsity=0.5");
    var config = ConfigLoader.load(Optional.empty(), sets, PruneConfig.class);
    assertThat(config.target().sparsity()).contains(0.5);
  }

  @Test
  void importanceNeedsNoSteps() throws IOException {
    String yaml = MINIMAL.replaceAll("(?m)^steps: .*\\n", "");
    assertThat(prune(yaml, "method=importance").run().steps()).isEqualTo(1);
    assertThat(prune(yaml + "method: importance\n").run().steps()).isEqualTo(1);
    assertThat(prune(yaml, "method=importance", "steps=7").run().steps()).isEqualTo(7);
    assertRefused(yaml, List.of(), "steps: is missing");
    assertRefused(yaml, List.of("method=masks"), "steps: is missing");
  }

  @Test
  void defaultsDifferWhereTheCommandDoes() throws IOException {
    var sets = List.of("model=m", "data=d", "output=o", "steps=1");
    var train = ConfigLoader.load(Optional.empty(), sets, TrainConfig.class);
    assertThat(train.run().optimizer().warmup()).isEqualTo(0.03);
    assertThat(train.run().evaluationInterval()).isEqualTo(100);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "stepz: 5 | run.yaml: stepz: unknown key (did you mean 'steps'?)",
        "rho: 0.2 | run.yaml: rho: unknown key (did you mean 'domains.rho'?)",
        "domains: {rhoo: 0.2} | run.yaml: domains.rhoo: unknown key (did you mean 'domains.rho'?)",
        "domains: {rho: 0} | run.yaml: domains.rho: 0.0 is out of range: choose a number above 0"
            + " (the default is 0.1)",
        "domains: {rho: NaN} | domains.rho: expected a number, found 'NaN'",
        "domains: {rho: .nan} | run.yaml:8: not valid",
        "domains: {rho: 1e400} | domains.rho: expected a number, found 'Infinity'",
        "domains: {caps: {wiki: 1.5}} | domains.caps.wiki: 1.5 is out of range: choose a number"
            + " above 0, at most 1",
        "domains: {floors: {wiki: 0.5}, caps: {wiki: 0.4}} | domains.floors.wiki: 0.5 is above the"
            + " domain's cap 0.4",
        "domains: 3 | domains: expected keys of its own, found '3'",
        "domains: {strategy: drpuning} | domains.strategy: 'drpuning' is not possible (did you mean"
            + " 'drpruning'?)",
        "domains: {proportion: [1]} | domains.proportion: expected values by name as {a: 1, b: 2},"
            + " found a list",
        "warmup: 1 | warmup: 1.0 is out of range: choose a number at least 0, below 1 (the default"
            + " is 0.1)",
        "seed: 1.5 | seed: expected a whole number of 64 bits, found '1.5'",
        "seq_len: 3000000000 | seq_len: expected a whole number from -2147483648 to 2147483647,"
            + " found '3000000000'",
        "seq_len: many | seq_len: expected a number, found 'many'",
        "tensorboard: 1 | tensorboard: expected true or false, found '1'",
        "device: gpu | device: 'gpu' is not possible: expected auto, cpu, cuda or"
            + " cuda:1 (the default is auto)",
        "device: 3 | device: expected text (a number or truth value in quotes), found '3'",
        "micro_batch: 5 | micro_batch: 5 does not divide global_batch 32",
        "mask_modules: hidden | mask_modules: expected a list as [a, b], found 'hidden'",
        "mask_modules: [] | mask_modules: expected at least one module",
        "mask_modules: [hiden] | mask_modules: 'hiden' is not possible (did you mean 'hidden'?)",
        "seed: 1, 2: 3 | run.yaml:8: not valid",
      })
  void refusesWhatIsWrongInTheFile(String line, String message) {
    assertRefused(MINIMAL + line + "\n", List.of(), message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "steps=0 | steps: 0 is out of range: choose a number at least 1",
        "steps | steps: expected key=value",
        "=3 | =3: expected key=value",
        "a..b=3 | a..b=3: expected key=value",
        "stepz=3 | stepz: unknown key (did you mean 'steps'?)",
        "steps.x=3 | steps: expected a number, found keys of its own",
        "domains.proportion={a | domains.proportion",
        "domains.caps={a: b} | domains.caps.a: expected a number, found 'b'",
        "model= | model: is missing; set it as model=...",
        "target.sparsity=0.5 | target.hidden_size: a target needs one of the three",
      })
  void refusesWhatIsWrongInAssignments(String set, String message) {
    assertRefused(MINIMAL, List.of(set), message);
  }

  @Test
  void refusesKeysGivenTwice() {
    assertRefused(MINIMAL + "steps: 5\n", List.of(), "Duplicate field 'steps'");
  }

  @Test
  void refusesATargetThatSaysNothing() {
    String yaml = MINIMAL.substring(0, MINIMAL.indexOf("target"));
    assertRefused(yaml, List.of(), "target.hidden_size: a target needs one of the three");
  }

  @Test
  void refusesFilesThatAreNoConfiguration() throws IOException {
    assertRefused("- 1\n- 2\n", List.of(), "expected lines of the form 'key: value'");
    Path file = folder.resolve("other.yaml");
    assertThatThrownBy(() -> ConfigLoader.load(Optional.of(file), List.of(), PruneConfig.class))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("no such file; name a YAML file of keys");
    Files.write(file, "model: \u00e9".getBytes(StandardCharsets.ISO_8859_1));
    assertThatThrownBy(() -> ConfigLoader.load(Optional.of(file), List.of(), PruneConfig.class))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("not UTF-8");
  }

  @Test
  void trainingStartsFromACheckpointOrAShape() throws IOException {
    var common = List.of("data=d", "output=o", "steps=1");
    var shape =
        List.of(
            "shape.hidden_size=64",
            "shape.layers=2",
            "shape.heads=4",
            "shape.kv_heads=2",
            "shape.intermediate_size=176",
            "shape.tokenizer=t");
    var sets = new ArrayList<>(common);
    assertThatThrownBy(() -> ConfigLoader.load(Optional.empty(), sets, TrainConfig.class))
        .hasMessageContaining("model: give either a checkpoint's folder or a shape")
        .hasMessageContaining("found neither");
    sets.addAll(shape);
    var config = ConfigLoader.load(Optional.empty(), sets, TrainConfig.class);
    assertThat(config.shape().orElseThrow().family()).isEqualTo("llama");
    sets.add("shape.kv_heads=3");
    assertThatThrownBy(() -> ConfigLoader.load(Optional.empty(), sets, TrainConfig.class))
        .hasMessageContaining("shape.kv_heads: 3 does not divide heads 4");
    sets.add("shape.kv_heads=");
    sets.add("model=m");
    assertThatThrownBy(() -> ConfigLoader.load(Optional.empty(), sets, TrainConfig.class))
        .hasMessageContaining("found both");
  }

  static List<ConfigKey> boundedKeys() {
    return ConfigKey.of(PruneConfig.class).stream()
        .filter(key -> !violations(key).isEmpty())
        .toList();
  }

  private static List<String> violations(ConfigKey key) {
    List<String> values = new ArrayList<>();
    if (Double.isFinite(key.key().min())) {
      values.add(String.valueOf((long) key.key().min() - 1));
    }
    if (Double.isFinite(key.key().max())) {
      values.add(String.valueOf((long) key.key().max() + 1));
    }
    if (Double.isFinite(key.key().above())) {
      values.add(String.valueOf((long) key.key().above()));
    }
    if (Double.isFinite(key.key().below())) {
      values.add(String.valueOf((long) key.key().below()));
    }
    return values;
  }

  /** No record forgets to hold its values to the bounds that its keys declare. */
  @ParameterizedTest
  @MethodSource("boundedKeys")
  void everyBoundHolds(ConfigKey key) {
    boolean isMap = key.type() instanceof ValueType.MapOf;
    for (String value : violations(key)) {
      String path = isMap ? key.path() + ".wiki" : key.path();
      assertRefused(MINIMAL, List.of(path + "=" + value), path + ": " + value);
    }
  }

  @Test
  void everyKeyOfTheIssueIsThere() {
    String given =
        "model data output target.hidden_size target.layers target.heads target.kv_heads"
            + " target.intermediate_size target.parameters target.sparsity steps global_batch"
            + " micro_batch seq_len learning_rate warmup mask_learning_rate sparsity_warmup"
            + " evaluation_interval checkpoint_interval keep_checkpoints precision device seed"
            + " domains.strategy domains.rho domains.min_ratio domains.proportion"
            + " domains.reference_loss domains.floors domains.caps domains.losses";
    assertThat(ConfigKey.of(PruneConfig.class).stream().map(ConfigKey::path))
        .containsAll(Arrays.asList(given.split(" ")))
        .doesNotHaveDuplicates();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"1e-4", "010", "true", "null", "~", "a: b", "#x", "\u00e9 \"'", "- a", "0x1F"})
  void textsSurviveYaml(String text) throws IOException {
    var config = prune(MINIMAL, "output=" + text);
    assertThat(config.run().output()).isEqualTo(Path.of(text));
    assertThat(prune(ConfigLoader.yaml(config))).isEqualTo(config);
  }
}
