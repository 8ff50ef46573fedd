package io.github.drprune.cli;

import io.github.drprune.error.UserException;
import io.github.drprune.json.Suggestion;
import io.github.drprune.tasks.TaskComparison;
import io.github.drprune.tasks.TaskEvaluations;
import io.github.drprune.tasks.documents.DatasetFinder;
import io.github.drprune.tasks.file.TaskLibrary;
import io.github.drprune.tasks.scoring.TaskRun;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code drprune tasks}. */
@Command(
    name = "tasks",
    description = "Asks models the questions of lm-evaluation-harness's tasks.",
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Example:",
      "  drprune tasks models/llama runs/small/model --tasks arc_easy,piqa --include tasks --data"
          + " data"
    })
final class TasksCommand implements Callable<Integer> {
  private static final List<String> SUITES = List.of("drpruning", "drpruning-multilingual");

  @Parameters(
      paramLabel = "MODEL",
      arity = "1..*",
      description = "Folders of Hugging Face checkpoints.")
  private List<Path> models;

  @Option(
      names = "--tasks",
      split = ",",
      paramLabel = "NAME",
      description =
          "Tasks, groups, tags, patterns such as 'mmlu_*', task files, or folders of them.")
  private List<String> tasks = new ArrayList<>();

  @Option(
      names = "--suite",
      paramLabel = "NAME",
      description =
          "The tasks of the paper's tables with their shots: drpruning or"
              + " drpruning-multilingual.")
  private String suite;

  @Option(
      names = "--include",
      paramLabel = "FOLDER",
      description = "Folder whose task files define names; may be given more than once.")
  private List<Path> include = new ArrayList<>();

  @Option(
      names = "--data",
      paramLabel = "FOLDER",
      description =
          "Folder with data sets by their names on the hub, or with the files that tasks name; may"
              + " be given more than once.")
  private List<Path> data = new ArrayList<>();

  @Option(
      names = "--continuations",
      paramLabel = "DATA",
      description =
          "Also ask, for each domain of a folder that 'prepare' wrote, which text goes on a"
              + " beginning.")
  private Path continuations;

  @Option(
      names = "--shots",
      paramLabel = "N",
      description =
          "Examples before each question, except where a task says 0 (default: what the tasks"
              + " say).")
  private Integer shots;

  @Option(
      names = "--limit",
      paramLabel = "N",
      description = "Largest number of documents of each task (default: all).")
  private int limit = Integer.MAX_VALUE;

  @Option(
      names = "--max-length",
      paramLabel = "N",
      description =
          "Tokens that a model reads at once; longer prompts lose their beginning (default: as many"
              + " as the model can).")
  private Integer maxLength;

  @Option(
      names = "--apply-chat-template",
      description =
          "Put prompts into the form of the model's template of conversations: the examples and the"
              + " question as one message of the user's.")
  private boolean conversations;

  @Option(
      names = "--bootstrap",
      paramLabel = "N",
      defaultValue = "" + TaskRun.DRAWS,
      description =
          "Draws for the standard errors that are estimated by a bootstrap (default:"
              + " ${DEFAULT-VALUE}).")
  private int draws;

  @Option(
      names = "--samples",
      paramLabel = "FOLDER",
      description = "Also write a file for each task with a line about each document.")
  private Path samples;

  @Mixin private ModelOptionsMixin options;
  @Mixin private JsonOption json;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    var selection = TaskLibrary.withBuiltIn(include).select(names());
    var run =
        new TaskRun(
            models,
            selection,
            new DatasetFinder(data),
            Optional.ofNullable(continuations),
            Optional.ofNullable(shots),
            limit,
            maxLength == null ? OptionalInt.empty() : OptionalInt.of(maxLength),
            conversations,
            draws,
            Optional.ofNullable(samples),
            unfinished());
    try (var progress =
        new TasksProgress(spec.commandLine().getOut(), spec.commandLine().getErr())) {
      TaskEvaluations results = run.run(options.inference(), progress);
      if (models.size() > 1) {
        progress.compare(TaskComparison.of(results.models()));
      }
      json.write(results);
      run.forget();
    }
    return 0;
  }

  private List<String> names() {
    List<String> names = new ArrayList<>(tasks);
    if (suite != null) {
      if (!SUITES.contains(suite)) {
        throw UserException.at(
            "suite", "no suite '%s'%s".formatted(suite, Suggestion.among(suite, SUITES)));
      }
      names.add(suite);
    }
    if (names.isEmpty() && continuations == null) {
      throw UserException.at("tasks", "names no task", "give --tasks, --suite or --continuations");
    }
    if (names.isEmpty()) {
      Unheeded.refuse(
          spec,
          "without --tasks or --suite",
          "--include",
          "--data",
          "--shots",
          "--apply-chat-template",
          "--bootstrap",
          "--samples");
    }
    return names;
  }

  /** Beside the results, so that the same command finds it again. */
  private Optional<Path> unfinished() {
    return Optional.ofNullable(samples)
        .map(folder -> folder.resolve("unfinished.jsonl"))
        .or(() -> json.path().map(file -> file.resolveSibling(file.getFileName() + ".unfinished")));
  }
}
