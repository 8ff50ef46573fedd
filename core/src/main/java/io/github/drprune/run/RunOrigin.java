package io.github.drprune.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.drprune.config.binding.ConfigLoader;
import io.github.drprune.data.PreparedData;
import io.github.drprune.error.UserException;
import io.github.drprune.json.Json;
import io.github.drprune.model.CheckpointFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * What decides the bits of a run: its command, its settings, and what its inputs hold. A run goes
 * on only where none of it changed.
 *
 * @param command "prune", "train" or "tune", which share no run
 * @param config the resolved configuration
 * @param data what the prepared data holds, see {@link io.github.drprune.data.Manifest#contents}
 * @param tokenizer SHA-256 of its file
 * @param model SHA-256 over the source's configuration and weights; empty where training starts
 *     from nothing
 * @param teacher the same of the model that it learns from; empty without distillation
 */
public record RunOrigin(
    String command, JsonNode config, String data, String tokenizer, String model, String teacher) {
  /** Keys that may differ when a run goes on: they change no step of it beyond rounding. */
  private static final Set<String> FREE =
      Set.of(
          "output",
          "keep_checkpoints",
          "checkpoint_interval",
          "tensorboard",
          "device",
          "micro_batch",
          "activation_checkpointing",
          "sharding",
          "sharding_group");

  /** Where inputs lie, which may have moved: what they hold is compared by itself. */
  private static final Set<String> PLACES = Set.of("data", "model");

  /** Keys that may also differ where the run failed: other values of them may mend it. */
  private static final Set<String> REMEDIES =
      Set.of("learning_rate", "mask_learning_rate", "gradient_clip");

  public RunOrigin {
    if (command == null || config == null || data == null || tokenizer == null || model == null) {
      throw new IllegalArgumentException("what the run goes by is not complete");
    }
    teacher = teacher == null ? "" : teacher; // runs of older versions have none
  }

  /**
   * Of a run as it is now.
   *
   * @param model the folder of the source; empty where training starts from nothing
   * @param teacher the folder of the model to learn from, where there is one
   */
  public static RunOrigin of(
      String command,
      Record config,
      Optional<Path> model,
      Optional<Path> teacher,
      PreparedData data)
      throws IOException {
    return new RunOrigin(
        command,
        // Through JSON and back, so that numbers are compared as they are read.
        Json.tree(Json.line(ConfigLoader.tree(config)), "configuration"),
        data.manifest().contents(),
        data.manifest().tokenizer().sha256(),
        model.isPresent() ? CheckpointFiles.contents(model.get()) : "",
        teacher.isPresent() ? CheckpointFiles.contents(teacher.get()) : "");
  }

  /**
   * Of a run's settings those that no run may change on its way.
   *
   * @param config its tree, which is left as it is
   */
  public static ObjectNode lasting(ObjectNode config) {
    return deciding(config).without(REMEDIES);
  }

  /** Of a run's settings those that its result depends on, beyond rounding. */
  public static ObjectNode deciding(ObjectNode config) {
    return config.deepCopy().without(FREE);
  }

  /** Every change of a setting from {@code before} to this that may not be, in words. */
  private List<String> settingsChanged(RunOrigin before, boolean failed) {
    List<String> changed = new ArrayList<>();
    for (String key : keys(before)) {
      boolean free =
          FREE.contains(key) || PLACES.contains(key) || (failed && REMEDIES.contains(key));
      if (!free) {
        change(before, key, changed);
      }
    }
    return changed;
  }

  /** The settings that mend a run which failed, in words. */
  public List<String> remedies(RunOrigin before) {
    List<String> changed = new ArrayList<>();
    REMEDIES.stream().sorted().forEach(key -> change(before, key, changed));
    return changed;
  }

  private void change(RunOrigin before, String key, List<String> changed) {
    if (!before.config.path(key).equals(config.path(key))) {
      changed.add("%s was %s, is %s".formatted(key, before.config.path(key), config.path(key)));
    }
  }

  private Set<String> keys(RunOrigin before) {
    var keys = new TreeSet<String>();
    before.config.fieldNames().forEachRemaining(keys::add);
    config.fieldNames().forEachRemaining(keys::add);
    return keys;
  }

  /** Whether a run of {@code before} goes on with the same bits under this. */
  public boolean continues(RunOrigin before, boolean failed) {
    return command.equals(before.command)
        && settingsChanged(before, failed).isEmpty()
        && inputsChanged(before).isEmpty();
  }

  /**
   * Refuses to go on with a run of {@code before}.
   *
   * @param since when it was as {@code before}, such as "step 40"
   * @throws UserException where anything changed that the run depends on
   */
  public void requireContinues(RunOrigin before, boolean failed, Path folder, String since) {
    if (!command.equals(before.command)) {
      throw UserException.at(
          "output",
          "%s holds another command's run (drprune %s)".formatted(folder, before.command),
          "choose another folder");
    }
    List<String> settings = settingsChanged(before, failed);
    if (!settings.isEmpty()) {
      throw UserException.at(
          "output",
          "the run in %s was begun with other settings (%s)"
              .formatted(folder, String.join("; ", settings)),
          "choose another folder or go back to them");
    }
    List<String> inputs = inputsChanged(before);
    if (!inputs.isEmpty()) {
      throw UserException.at(
          "output",
          "%s changed since %s of the run in %s, which cannot go on with it"
              .formatted(String.join(" and ", inputs), since, folder),
          "put back what was there or choose another output folder");
    }
  }

  private List<String> inputsChanged(RunOrigin before) {
    List<String> changed = new ArrayList<>();
    if (!tokenizer.equals(before.tokenizer)) {
      changed.add("the tokenizer");
    }
    if (!data.equals(before.data)) {
      changed.add("the data in " + config.path("data").asText());
    }
    if (!model.equals(before.model)) {
      changed.add("the model in " + config.path("model").asText());
    }
    if (!teacher.equals(before.teacher)) {
      changed.add("the teacher in " + config.path("distillation").path("teacher").asText());
    }
    return changed;
  }
}
