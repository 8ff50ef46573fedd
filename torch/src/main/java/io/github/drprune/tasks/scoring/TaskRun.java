package io.github.drprune.tasks.scoring;

import io.github.drprune.error.UserException;
import io.github.drprune.io.AtomicFiles;
import io.github.drprune.io.OutputPaths;
import io.github.drprune.model.CheckpointCheck;
import io.github.drprune.model.CheckpointFiles;
import io.github.drprune.model.ModelOptions;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.tasks.Answer;
import io.github.drprune.tasks.ChatFormat;
import io.github.drprune.tasks.Question;
import io.github.drprune.tasks.Response;
import io.github.drprune.tasks.Task;
import io.github.drprune.tasks.TaskEvaluations;
import io.github.drprune.tasks.TaskResult;
import io.github.drprune.tasks.documents.DatasetFinder;
import io.github.drprune.tasks.file.TaskConfig;
import io.github.drprune.tasks.file.TaskLibrary.Selection;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Asks models the questions of tasks.
 *
 * @param models folders of checkpoints
 * @param continuations prepared data, of whose held-out text questions are made; empty for none
 * @param shots examples before each question; empty for what the tasks say
 * @param limit documents of each task, or questions of each domain, at most
 * @param maxLength tokens that a model reads at once; empty for as many as it can
 * @param asConversations whether prompts take the form of the model's chat template
 * @param draws of bootstraps, for the standard errors that need them
 * @param samples folder for a line about each document
 * @param unfinished file that keeps the answers until all are there
 */
public record TaskRun(
    List<Path> models,
    Selection tasks,
    DatasetFinder data,
    Optional<Path> continuations,
    Optional<Integer> shots,
    int limit,
    OptionalInt maxLength,
    boolean asConversations,
    int draws,
    Optional<Path> samples,
    Optional<Path> unfinished) {
  /**
   * Characters of the prompts that are answered together. Passes depend on what is asked together,
   * so that an answer after an interruption is the same to the last bit only if this stays.
   */
  private static final int CHARACTERS = 1 << 16;

  /** Draws of a bootstrap, as many as the harness makes. */
  public static final int DRAWS = 100_000;

  public TaskRun {
    models = List.copyOf(models);
    new Task.Setting(shots, limit, Optional.empty()); // checks them, also where there is no task
    if (draws < 0) {
      throw UserException.at("bootstrap", "must be 0 or more, not " + draws);
    }
  }

  /**
   * Asks all models. A mistake in a task, in the prepared data or in a model is told before the
   * first question: there may be hours between that and the last one's turn.
   */
  public TaskEvaluations run(ModelOptions options, TaskListener listener) throws IOException {
    List<ModelSpec> specs = new ArrayList<>();
    for (Path model : models) {
      specs.add(CheckpointCheck.of(model));
    }
    if (samples.isPresent()) {
      OutputPaths.requireFolder(samples.get());
      Files.createDirectories(samples.get());
    }
    List<Map<Task, List<Question>>> questions = new ArrayList<>();
    for (Path model : models) {
      // Prompts differ between models only where they are conversations.
      boolean sameAsBefore = !asConversations && !questions.isEmpty();
      questions.add(sameAsBefore ? questions.getFirst() : questions(model));
    }
    for (Task task : questions.getFirst().keySet()) {
      List<Integer> neverRight = task.withoutRightAnswer();
      if (!neverRight.isEmpty()) {
        listener.withoutRightAnswer(task.name(), neverRight);
      }
    }
    if (samples.isPresent()) {
      for (Path model : models) {
        for (Task task : questions.getFirst().keySet()) {
          SampleLines.requireReplaceable(samplesFile(samples.get(), model, task));
        }
      }
    }
    List<TaskEvaluations.Model> results = new ArrayList<>();
    try (var texts = TextContinuations.open(continuations, limit);
        var store = AnswerStore.open(unfinished)) {
      if (!texts.withoutChoices().isEmpty()) {
        listener.withoutChoices(texts.withoutChoices());
      }
      for (int i = 0; i < models.size(); i++) {
        requireAskable(models.get(i), specs.get(i), questions.get(i), texts);
      }
      for (int i = 0; i < models.size(); i++) {
        results.add(ask(models.get(i), questions.get(i), texts, store, options, listener));
      }
    }
    return new TaskEvaluations(results);
  }

  private void requireAskable(
      Path folder, ModelSpec spec, Map<Task, List<Question>> questions, TextContinuations texts)
      throws IOException {
    try (var tokens = ModelTokens.load(folder, spec, maxLength)) {
      texts.requireAskable(tokens.prompts());
      questions.forEach(
          (task, asked) -> asked.forEach(one -> requireRoom(folder, task, one, tokens.prompts())));
    }
  }

  private static void requireRoom(Path folder, Task task, Question question, PromptTokens prompts) {
    try {
      question.requests().forEach(prompts::requireRoom);
    } catch (UserException e) {
      throw e.in("%s: task %s: document %d: ".formatted(folder, task.name(), question.id()));
    }
  }

  private Map<Task, List<Question>> questions(Path model) throws IOException {
    Optional<ChatFormat> format =
        asConversations ? Optional.of(ModelChat.of(model)) : Optional.empty();
    Map<Task, List<Question>> questions = new LinkedHashMap<>();
    for (TaskConfig config : tasks.tasks()) {
      var task = Task.load(config, data, new Task.Setting(shots, limit, format));
      questions.put(task, task.questions());
    }
    return questions;
  }

  private TaskEvaluations.Model ask(
      Path folder,
      Map<Task, List<Question>> questions,
      TextContinuations texts,
      AnswerStore store,
      ModelOptions options,
      TaskListener listener)
      throws IOException {
    String setting =
        "%s %s %s".formatted(CheckpointFiles.fingerprint(folder), options.precision(), maxLength);
    List<TaskResult> results = new ArrayList<>();
    Map<String, Integer> shotsOf = new HashMap<>();
    try (var model = AskedModel.load(folder, maxLength, options)) {
      for (var entry : questions.entrySet()) {
        Task task = entry.getKey();
        var asked = new Asked(folder, task, model, setting, store, listener);
        List<Answer> answers = asked.answers(entry.getValue());
        writeSamples(folder, task, answers);
        results.add(task.result(answers, draws));
        shotsOf.put(task.name(), task.shots());
      }
      results.addAll(texts.ask(model));
    }
    Map<String, TaskResult> byName = new HashMap<>();
    results.forEach(result -> byName.put(result.name(), result));
    List<TaskResult> groups =
        tasks.groups().stream()
            .map(group -> TaskResult.of(group, byName))
            .filter(result -> !result.byFilter().isEmpty())
            .toList();
    var result = TaskEvaluations.Model.of(folder.toString(), results, shotsOf, groups);
    listener.finished(result);
    return result;
  }

  private void writeSamples(Path model, Task task, List<Answer> answers) throws IOException {
    if (samples.isPresent()) {
      Path file = samplesFile(samples.get(), model, task);
      Files.createDirectories(file.getParent());
      AtomicFiles.text(file, SampleLines.of(answers));
    }
  }

  private Path samplesFile(Path folder, Path model, Task task) {
    return (models.size() == 1 ? folder : folder.resolve(folderOf(model)))
        .resolve(task.name().replace('/', '_') + ".jsonl");
  }

  /** The place of a model in the list and its name: names alone may be the same. */
  private String folderOf(Path model) {
    Path name = model.toAbsolutePath().normalize().getFileName();
    return models.indexOf(model) + 1 + "-" + name;
  }

  /** A model's way through a task. */
  private record Asked(
      Path folder,
      Task task,
      AskedModel model,
      String setting,
      AnswerStore store,
      TaskListener listener) {
    List<Answer> answers(List<Question> questions) throws IOException {
      int there =
          (int) questions.stream().filter(one -> store.find(setting, one).isPresent()).count();
      listener.begins(folder.toString(), task.name(), questions.size(), there);
      List<Answer> answers = new ArrayList<>();
      for (List<Question> some : together(questions)) {
        if (some.stream().anyMatch(one -> store.find(setting, one).isEmpty())) {
          answer(some);
          listener.answered(some.size());
        }
        for (Question question : some) {
          List<Response> responses = store.find(setting, question).orElseThrow();
          answers.add(task.answer(question, responses));
        }
      }
      return answers;
    }

    private void answer(List<Question> questions) throws IOException {
      try {
        store.add(setting, questions, model.answer(questions));
      } catch (UserException e) {
        throw e.in("task %s: ".formatted(task.name()));
      }
    }

    private List<List<Question>> together(List<Question> questions) {
      List<List<Question>> parts = new ArrayList<>();
      int from = 0;
      int characters = 0;
      for (int i = 0; i < questions.size(); i++) {
        characters += AskedModel.size(questions.get(i));
        if (characters >= CHARACTERS || i == questions.size() - 1) {
          parts.add(questions.subList(from, i + 1));
          from = i + 1;
          characters = 0;
        }
      }
      return parts;
    }
  }

  /** Deletes what was kept of the answers: to be called when the results are written. */
  public void forget() throws IOException {
    if (unfinished.isPresent()) {
      Files.deleteIfExists(unfinished.get());
    }
  }
}
