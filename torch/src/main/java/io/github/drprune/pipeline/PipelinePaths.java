package io.github.drprune.pipeline;

import io.github.drprune.config.PipelineConfig;
import io.github.drprune.error.UserException;
import io.github.drprune.io.OutputPaths;
import io.github.drprune.json.FiguresFile;
import io.github.drprune.report.Report;
import io.github.drprune.run.PruneRun;
import io.github.drprune.run.RunFolder;
import io.github.drprune.run.RunKind;
import io.github.drprune.run.TrainRun;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * The files and folders of a pipeline, checked before its first stage: a last stage's mistake would
 * else be told after the hours that the others take.
 */
final class PipelinePaths {
  private final Path file;
  private final PipelineConfig config;
  private final Map<String, Path> folders = new LinkedHashMap<>();

  /**
   * @param file that {@code config} was read from, named in errors
   */
  PipelinePaths(Path file, PipelineConfig config) {
    this.file = file;
    this.config = config;
    config.prepare().ifPresent(stage -> folders.put("prepare.out", normal(stage.out())));
    config.prune().ifPresent(stage -> folders.put("prune.output", normal(stage.run().output())));
    config.cut().ifPresent(stage -> folders.put("cut.output", normal(stage.output())));
    config.train().ifPresent(stage -> folders.put("train.output", normal(stage.run().output())));
  }

  /**
   * Refuses what is to be read where it is neither there nor made by a stage, and what is to be
   * written where it cannot be.
   *
   * @throws UserException naming the file and the key
   */
  void check() {
    checkInputs();
    folders.forEach((key, folder) -> check(key, folder, OutputPaths::requireFolder));
    config
        .evaluate()
        .ifPresent(
            stage -> {
              checkFile("evaluate.json", stage.json(), FiguresFile::require);
              check("evaluate.json", stage.json(), FiguresFile::requireName);
            });
    config.report().ifPresent(stage -> checkFile("report.out", stage.out(), Report::requirePage));
  }

  private void checkInputs() {
    config.prepare().ifPresent(stage -> requireThere("prepare.tokenizer", stage.tokenizer()));
    config
        .prune()
        .ifPresent(
            stage -> {
              requireThere("prune.model", stage.model());
              requireThere("prune", new PruneRun(stage));
            });
    config
        .cut()
        .ifPresent(
            stage -> {
              requireThere("cut.model", stage.model());
              requireThere("cut.masks", stage.masks());
            });
    config
        .train()
        .ifPresent(
            stage -> {
              stage.model().ifPresent(model -> requireThere("train.model", model));
              requireThere("train", new TrainRun(stage));
            });
    config
        .evaluate()
        .ifPresent(
            stage -> {
              stage.models().forEach(model -> requireThere("evaluate.models", model));
              requireThere("evaluate.data", stage.data());
            });
    config
        .report()
        .ifPresent(stage -> stage.runs().forEach(run -> requireThere("report.runs", run)));
  }

  private void requireThere(String stage, RunKind kind) {
    requireThere(stage + ".data", kind.config().data());
    kind.teacher().ifPresent(teacher -> requireThere(stage + ".distillation.teacher", teacher));
  }

  private void requireThere(String key, Path input) {
    if (!Files.exists(input) && !isMade(input)) {
      throw UserException.at(
              key, input + ": no such file or folder, and no stage makes it", "check the path")
          .in(file + ": ");
    }
  }

  /**
   * A file in a folder that an earlier stage makes can only be written once that has run; a folder
   * within, unless it is that of the result, no stage makes.
   */
  private void checkFile(String key, Path path, Consumer<Path> requirement) {
    if (isInput(path)) {
      throw UserException.at(key, path + " is an input", "name another file").in(file + ": ");
    }
    List<Path> made = madeFolders();
    if (made.stream().anyMatch(folder -> folder.startsWith(normal(path)))) {
      throw UserException.at(key, path + " is a folder that a stage makes", "name a file in it")
          .in(file + ": ");
    }
    if (!OutputPaths.isFolderMade(path, made)) {
      check(key, path, requirement);
    }
  }

  /** The folders that stages write, and those of their models. */
  private List<Path> madeFolders() {
    List<Path> made = new ArrayList<>(folders.values());
    Stream.of("prune.output", "train.output")
        .map(folders::get)
        .filter(Objects::nonNull)
        .map(RunFolder::model)
        .forEach(made::add);
    return made;
  }

  private boolean isMade(Path path) {
    return folders.values().stream().anyMatch(normal(path)::startsWith);
  }

  private boolean isInput(Path path) {
    List<Path> inputs = new ArrayList<>(List.of(file));
    config.prepare().ifPresent(stage -> inputs.addAll(stage.inputs()));
    config.cut().ifPresent(stage -> inputs.add(stage.masks()));
    return inputs.stream().anyMatch(input -> normal(path).equals(normal(input)));
  }

  private void check(String key, Path path, Consumer<Path> requirement) {
    try {
      requirement.accept(path);
    } catch (UserException e) {
      throw UserException.at(key, e.getMessage()).in(file + ": ");
    }
  }

  private static Path normal(Path path) {
    return path.toAbsolutePath().normalize();
  }
}
