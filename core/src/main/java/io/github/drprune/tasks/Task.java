package io.github.drprune.tasks;

import io.github.drprune.error.UserException;
import io.github.drprune.tasks.documents.DatasetFinder;
import io.github.drprune.tasks.documents.Splits;
import io.github.drprune.tasks.documents.Table;
import io.github.drprune.tasks.file.FunctionName;
import io.github.drprune.tasks.file.TaskConfig;
import io.github.drprune.tasks.metric.FilterChain;
import io.github.drprune.tasks.python.PythonStrings;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.stream.IntStream;

/** A task with its documents, ready to be asked. */
public final class Task {
  private final TaskConfig config;
  private final int shots;
  private final Table documents;
  private final List<Map<String, Object>> pool;
  private final DocumentFields fields;
  private final DocumentFields examples;
  private final Optional<ChatFormat> chat;
  private final boolean choicesAreTexts;
  private final Asking asking;
  private final List<FilterChain> filters;
  private final Functions functions;

  /**
   * How tasks are asked.
   *
   * @param shots examples before each question, except where a task says that it has none; empty
   *     for what the tasks say
   * @param limit documents of each task at most
   * @param chat makes prompts conversations; empty for plain text
   */
  public record Setting(Optional<Integer> shots, int limit, Optional<ChatFormat> chat) {
    public Setting {
      if (shots.isPresent() && shots.get() < 0) {
        throw UserException.at("shots", "must be 0 or more, not " + shots.get());
      }
      if (limit < 1) {
        throw UserException.at("limit", "must be at least 1, not " + limit);
      }
    }
  }

  private Task(TaskConfig config, Splits splits, Setting setting) throws IOException {
    this.config = config;
    this.functions = new Functions(config);
    this.chat = setting.chat();
    this.shots =
        config.shots().filter(own -> own == 0).or(setting::shots).or(config::shots).orElse(0);
    Table all = asked(splits);
    this.documents =
        new Table(all.columns(), all.rows().subList(0, Math.min(all.size(), setting.limit())));
    this.pool = shots == 0 ? List.of() : pool(splits);
    this.fields = new DocumentFields(config, config.ask(), all.columns(), functions);
    this.examples = new DocumentFields(config, config.examples().ask(), all.columns(), functions);
    Map<String, Object> first = all.rows().getFirst();
    Object text = fields.text(first);
    this.choicesAreTexts = config.ask().choice() != null && DocumentFields.number(text).isPresent();
    this.asking = asking(fields.target(first) instanceof List<?>);
    this.filters =
        config.filters().isEmpty()
            ? List.of(FilterChain.first())
            : config.filters().stream()
                .map(keys -> FilterChain.of(keys, config.repeats()))
                .toList();
  }

  /** Reads the documents of {@code config}. */
  public static Task load(TaskConfig config, DatasetFinder finder, Setting setting)
      throws IOException {
    try {
      return new Task(config, finder.find(config), setting);
    } catch (UserException e) {
      throw named(config, "", e);
    }
  }

  private static UserException named(TaskConfig config, String place, UserException e) {
    return e.in("task %s: %s".formatted(config.name(), place));
  }

  public String name() {
    return config.name();
  }

  /** Examples before each question. */
  public int shots() {
    return shots;
  }

  /** How many questions there are. */
  public int size() {
    return documents.size();
  }

  private Table asked(Splits splits) throws IOException {
    var source = config.source();
    if (source.test().isPresent()) {
      return split(splits, source.test().get(), "test_split");
    }
    if (source.validation().isPresent()) {
      return split(splits, source.validation().get(), "validation_split");
    }
    throw new UserException(
        "%s: names neither test_split nor validation_split; add one".formatted(config.place()));
  }

  private Table split(Splits splits, String name, String key) throws IOException {
    return processed(splits.get(name, key), config.source().process());
  }

  private Table processed(Table table, Optional<FunctionName> function) {
    return function.isEmpty()
        ? table
        : functions.table(function.get(), "process_docs").apply(table);
  }

  /** What examples are drawn from: what the file names, else the first split that there is. */
  private List<Map<String, Object>> pool(Splits splits) throws IOException {
    var own = config.examples();
    var source = config.source();
    if (own.split().isPresent()) {
      Table table = splits.get(own.split().get(), "fewshot_split");
      return processed(table, own.process()).rows();
    }
    if (!own.documents().isEmpty()) {
      return listed(own.documents());
    }
    if (source.training().isPresent()) {
      return split(splits, source.training().get(), "training_split").rows();
    }
    if (source.validation().isPresent()) {
      return split(splits, source.validation().get(), "validation_split").rows();
    }
    return asked(splits).rows();
  }

  private List<Map<String, Object>> listed(List<?> documents) {
    List<Map<String, Object>> rows = new ArrayList<>();
    for (Object document : documents) {
      if (!(document instanceof Map<?, ?> map)) {
        throw new UserException(
            "%s: fewshot_config: samples: must list documents, not %s"
                .formatted(config.place(), document));
      }
      Map<String, Object> row = new LinkedHashMap<>();
      map.forEach((field, value) -> row.put(String.valueOf(field), value));
      rows.add(row);
    }
    return rows;
  }

  private Asking asking(boolean severalTargets) {
    if (config.pythonClass().isPresent()) {
      return new SquadAsking();
    }
    var metrics = new Metrics(TaskMetric.of(config));
    return switch (config.type()) {
      case MULTIPLE_CHOICE -> new ChoiceAsking(metrics, fields, choiceDelimiter(), choicesAreTexts);
      case LOGLIKELIHOOD -> new LikelihoodAsking(metrics, fields);
      case LOGLIKELIHOOD_ROLLING -> new WholeTextAsking(metrics, fields);
      case GENERATE_UNTIL ->
          new GeneratedAsking(metrics, fields, config.generation(), severalTargets);
    };
  }

  /** A chat template ends with its own delimiter, unless the answer is begun. */
  private String choiceDelimiter() {
    var ask = config.ask();
    boolean begun =
        ask.answerPrefix()
            .filter(text -> !text.isEmpty() && !PythonStrings.endsWithSpace(text))
            .isPresent();
    return chat.isEmpty() || begun ? ask.targetDelimiter() : "";
  }

  /** The questions, in the order of the documents. */
  public List<Question> questions() {
    var prompts =
        new Prompts(
            config, fields, examples, new ExampleSampler(config, pool), choicesAreTexts, chat);
    List<Question> questions = new ArrayList<>();
    for (int id = 0; id < documents.size(); id++) {
      Map<String, Object> document = documents.rows().get(id);
      try {
        List<Request> requests = asking.requests(document, prompts.of(document, shots));
        questions.add(new Question(id, document, fields.target(document), requests));
      } catch (UserException e) {
        throw named(config, "document %d: ".formatted(id), e);
      }
    }
    return questions;
  }

  /** The numbers of documents whose expected answer is none of their choices. */
  public List<Integer> withoutRightAnswer() {
    return IntStream.range(0, documents.size())
        .filter(id -> !asking.hasRightAnswer(documents.rows().get(id)))
        .boxed()
        .toList();
  }

  /** What {@code responses} to the requests of {@code question} are worth. */
  public Answer answer(Question question, List<Response> responses) {
    SequencedMap<String, SequencedMap<String, double[]>> byFilter = new LinkedHashMap<>();
    SequencedMap<String, List<String>> texts = new LinkedHashMap<>();
    for (FilterChain filter : filters) {
      List<Response> filtered = responses.stream().map(one -> filtered(one, filter)).toList();
      byFilter.put(filter.name(), metrics(question, filtered));
      List<String> generated =
          filtered.stream()
              .filter(Response.Text.class::isInstance)
              .map(one -> ((Response.Text) one).text())
              .toList();
      if (!generated.isEmpty()) {
        texts.put(filter.name(), generated);
      }
    }
    return new Answer(question, responses, byFilter, texts);
  }

  private Response filtered(Response response, FilterChain filter) {
    return switch (response) {
      // The answer to a question is the same each time.
      case Response.Text(String text) ->
          new Response.Text(filter.apply(Collections.nCopies(config.repeats(), text)));
      case Response.Likelihood likelihood -> likelihood;
    };
  }

  private SequencedMap<String, double[]> metrics(Question question, List<Response> responses) {
    try {
      if (config.processResults().isPresent()) {
        var function = functions.results(config.processResults().get(), "process_results");
        return new LinkedHashMap<>(function.metrics(question.document(), responses));
      }
      return asking.metrics(question.document(), responses);
    } catch (UserException e) {
      throw named(config, "document %d: ".formatted(question.id()), e);
    }
  }

  /**
   * The result of all {@code answers}.
   *
   * @param draws of a bootstrap, for the errors of metrics that need one
   */
  public TaskResult result(List<Answer> answers, int draws) {
    SequencedMap<String, SequencedMap<String, Double>> byFilter = new LinkedHashMap<>();
    for (FilterChain filter : filters) {
      SequencedMap<String, List<double[]>> numbers = new LinkedHashMap<>();
      for (Answer answer : answers) {
        answer
            .byFilter()
            .get(filter.name())
            .forEach(
                (metric, row) -> numbers.computeIfAbsent(metric, _ -> new ArrayList<>()).add(row));
      }
      byFilter.put(filter.name(), asking.summary(numbers, draws));
    }
    return new TaskResult(name(), answers.size(), byFilter);
  }
}
