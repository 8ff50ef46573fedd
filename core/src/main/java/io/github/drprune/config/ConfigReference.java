package io.github.drprune.config;

import io.github.drprune.config.binding.ConfigKey;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The pages that tell users of the keys, made from the records themselves. */
public final class ConfigReference {
  private ConfigReference() {}

  /** One line a key for a command's help: the key, its default, what it means and allows. */
  public static List<String> help(Class<? extends Record> type) {
    var keys = ConfigKey.of(type);
    int width = keys.stream().mapToInt(key -> assignment(key).length()).max().orElse(0);
    return keys.stream()
        .map(
            key ->
                "%%-%ds  %%s (%%s)"
                    .formatted(width)
                    .formatted(assignment(key), key.key().doc(), key.allowed()))
        .toList();
  }

  private static String assignment(ConfigKey key) {
    return key.path() + (key.required() ? "=..." : "=" + key.defaultText());
  }

  /** The reference page {@code docs/configuration.md}. */
  public static String markdown() {
    var prune = byPath(PruneConfig.class);
    var train = byPath(TrainConfig.class);
    var tune = byPath(TuneConfig.class);
    Map<String, ConfigKey> all = new LinkedHashMap<>(prune);
    train.forEach(all::putIfAbsent);
    tune.forEach(all::putIfAbsent);
    var page = new StringBuilder(INTRODUCTION);
    page.append(
        "| key | `prune` | `train` | `tune` | meaning | values |\n"
            + "| --- | --- | --- | --- | --- | --- |\n");
    for (var key : all.values()) {
      String path = key.path();
      row(page, key, cell(prune.get(path)), cell(train.get(path)), cell(tune.get(path)));
    }
    page.append(PIPELINE);
    page.append("| key | default | meaning | values |\n| --- | --- | --- | --- |\n");
    for (var key : ConfigKey.of(PipelineConfig.class)) {
      if (!key.path().startsWith("prune.") && !key.path().startsWith("train.")) {
        row(page, key, cell(key));
      }
    }
    return page.toString();
  }

  private static void row(StringBuilder page, ConfigKey key, String... defaults) {
    page.append("| `").append(key.path()).append("` | ");
    page.append(String.join(" | ", defaults)).append(" | ");
    page.append(key.key().doc()).append(" | ");
    page.append(key.allowed().replace("|", "\\|")).append(" |\n");
  }

  private static String cell(ConfigKey key) {
    if (key == null) {
      return "";
    } else if (key.required()) {
      return key.section().isEmpty() ? "required" : "required in `" + key.section() + "`";
    }
    return key.defaultText().isEmpty() ? "none" : "`" + key.defaultText() + "`";
  }

  private static Map<String, ConfigKey> byPath(Class<? extends Record> type) {
    return ConfigKey.of(type).stream()
        .collect(
            Collectors.toMap(
                ConfigKey::path, Function.identity(), (a, b) -> a, LinkedHashMap::new));
  }

  private static final String INTRODUCTION =
      """
      # Configuration

      <!-- Made from the configuration records; ConfigReferenceTest tells how to make it again. -->

      A run is configured by a YAML file (`--config run.yaml`), by assignments (`--set key=value`, any
      number of them, which go before the file), or both. Keys within keys are joined with dots:

      ```yaml
      model: models/base
      data: data/prepared
      output: runs/half
      steps: 600
      target:
        hidden_size: 128
        layers: 6
      domains:
        proportion: {wiki: 0.3, web: 0.7}
      ```

      is the same as `--set model=models/base ... --set target.layers=6 --set domains.proportion.wiki=0.3`.
      `--set key=` takes a key's value away, so that its default holds. Paths are relative to the working directory. The resolved
      configuration is in the run folder as `config.yaml` and can be given to `--config` again. The file is keys, lists and
      values: aliases (`*x`), anchors (`&x`), tags (`!x`), merge keys (`<<`) and numbers with a leading zero (octal in YAML) are refused. It may be a pipe, as in
      `--config <(generate-config)`.

      ## Keys of `prune`, `train` and `tune`

      The columns `prune`, `train` and `tune` show the default there; empty where the command does not
      have the key. `train` needs either `model` or the keys of `shape`. A target is one of three: sizes (those
      not given stay as in the source), `parameters`, or `sparsity`.

      """;

  private static final String PIPELINE =
      """

      ## Keys of a pipeline (`run`)

      One file with a section for each stage; stages not named are left out. The sections `prune` and
      `train` have the keys above. What follows from an earlier stage can be left out, also where it is
      required otherwise: `data`, the model to cut or train, the models to evaluate, the runs to report.

      """;
}
