package io.github.drprune.tasks.file;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What a task file says, checked as far as it can be without the documents.
 *
 * @param file it was read from; for a task of a suite, its name there
 * @param source where the documents are
 * @param ask how a document becomes a question
 * @param examples the same for the examples before it, and where they come from
 * @param shots examples before each document; empty where the task leaves it open
 * @param metrics of {@code metric_list}, empty for those of the output type
 * @param filters of {@code filter_list}, empty for the first answer as it is
 * @param repeats answers to each question
 * @param pythonClass that the harness takes instead of what the file says
 */
public record TaskConfig(
    Path file,
    String name,
    Source source,
    OutputType type,
    Ask ask,
    Examples examples,
    Optional<Integer> shots,
    Optional<FunctionName> processResults,
    List<Keys> metrics,
    List<Keys> filters,
    Generation generation,
    int repeats,
    Optional<FunctionName> pythonClass) {
  private static final Set<String> KNOWN =
      Set.of(
          "task",
          "task_alias",
          "tag",
          "dataset_path",
          "dataset_name",
          "dataset_kwargs",
          "training_split",
          "validation_split",
          "test_split",
          "fewshot_split",
          "process_docs",
          "doc_to_text",
          "doc_to_target",
          "doc_to_choice",
          "process_results",
          "use_prompt",
          "description",
          "target_delimiter",
          "fewshot_delimiter",
          "fewshot_config",
          "num_fewshot",
          "metric_list",
          "output_type",
          "generation_kwargs",
          "repeats",
          "filter_list",
          "should_decontaminate",
          "doc_to_decontamination_query",
          "gen_prefix",
          "metadata",
          "custom_dataset",
          "doc_to_image",
          "doc_to_audio",
          "unsafe_code",
          "class",
          "group");
  private static final Set<String> UNSUPPORTED =
      Set.of("custom_dataset", "doc_to_image", "doc_to_audio", "unsafe_code", "use_prompt");
  private static final Set<String> OF_EXAMPLES =
      Set.of(
          "sampler",
          "split",
          "process_docs",
          "fewshot_indices",
          "samples",
          "doc_to_text",
          "doc_to_choice",
          "doc_to_target",
          "gen_prefix",
          "fewshot_delimiter",
          "target_delimiter");
  private static final Set<String> OF_METRIC =
      Set.of(
          "metric",
          "aggregation",
          "higher_is_better",
          "hf_evaluate",
          "regexes_to_ignore",
          "ignore_case",
          "ignore_punctuation",
          "ignore_numbers");

  /**
   * Where documents are.
   *
   * @param path a name on the hub, or json or parquet for files
   * @param subset the data set's configuration
   * @param arguments what else the harness gives to the reader of the data set
   * @param process changes the documents of a split
   */
  public record Source(
      String path,
      Optional<String> subset,
      Keys arguments,
      Optional<String> training,
      Optional<String> validation,
      Optional<String> test,
      Optional<FunctionName> process) {}

  /**
   * How a document becomes a question; values are templates, names of columns, constants or
   * functions, and null where the file has none.
   */
  public record Ask(
      Object text,
      Object target,
      Object choice,
      Optional<String> answerPrefix,
      Optional<String> description,
      String targetDelimiter,
      String exampleDelimiter) {}

  /**
   * The examples before a question.
   *
   * @param sampler default or first_n
   * @param documents written into the file instead of taken from a split
   * @param ask how they are shown
   */
  public record Examples(
      String sampler,
      Optional<String> split,
      Optional<FunctionName> process,
      List<?> documents,
      Ask ask) {}

  /**
   * How texts are generated.
   *
   * @param until texts that end one
   * @param maxTokens that one may have
   */
  public record Generation(List<String> until, int maxTokens) {
    /** As many as the harness allows where a task says nothing. */
    public static final int MAX_TOKENS = 256;
  }

  /** Whether its file is one that the program brings. */
  public boolean isBuiltIn() {
    return BuiltInTasks.contains(file);
  }

  /** How errors name its file. */
  public String place() {
    return place(file);
  }

  /** Paths inside the program mean nothing to its user. */
  static String place(Path file) {
    return BuiltInTasks.contains(file) ? "built-in file " + file.getFileName() : file.toString();
  }

  /** The task of {@code keys}, which were read from {@code file}. */
  static TaskConfig of(Path file, Keys own) {
    Keys keys = own.has("class") ? SquadTask.keys(own) : own;
    keys.requireKnown(KNOWN);
    for (String key : UNSUPPORTED) {
      if (keys.has(key) && !Boolean.FALSE.equals(keys.value(key))) {
        throw keys.unsupported(key, "is not supported; leave it out or use another task");
      }
    }
    var type = OutputType.of(keys);
    var ask = ask(keys, keys);
    return new TaskConfig(
        file,
        keys.requiredText("task"),
        source(keys),
        type,
        ask,
        examples(keys),
        keys.number("num_fewshot", 0),
        keys.function("process_results"),
        metrics(keys),
        keys.parts("filter_list"),
        generation(keys, ask),
        keys.number("repeats", 1).orElse(1),
        keys.function("class"));
  }

  private static Source source(Keys keys) {
    return new Source(
        keys.requiredText("dataset_path"),
        keys.text("dataset_name"),
        keys.part("dataset_kwargs"),
        keys.text("training_split"),
        keys.text("validation_split"),
        keys.text("test_split"),
        keys.function("process_docs"));
  }

  /** From {@code keys}, and where they say nothing, from {@code otherwise}. */
  private static Ask ask(Keys keys, Keys otherwise) {
    return new Ask(
        keys.values().getOrDefault("doc_to_text", otherwise.value("doc_to_text")),
        keys.values().getOrDefault("doc_to_target", otherwise.value("doc_to_target")),
        keys.values().getOrDefault("doc_to_choice", otherwise.value("doc_to_choice")),
        keys.text("gen_prefix").or(() -> otherwise.text("gen_prefix")),
        otherwise.text("description").filter(text -> !text.isEmpty()),
        keys.text("target_delimiter").or(() -> otherwise.text("target_delimiter")).orElse(" "),
        keys.text("fewshot_delimiter")
            .or(() -> otherwise.text("fewshot_delimiter"))
            .orElse("\n\n"));
  }

  private static Examples examples(Keys keys) {
    Keys own = keys.part("fewshot_config");
    own.requireKnown(OF_EXAMPLES);
    String sampler = own.text("sampler").orElse("default");
    if (!Set.of("default", "first_n").contains(sampler)) {
      throw own.wrong("sampler", "must be default or first_n", "'" + sampler + "'");
    }
    if (own.value("samples") instanceof FunctionName function) {
      throw own.unsupported("samples", "%s is not built in; list the examples".formatted(function));
    }
    return new Examples(
        sampler,
        own.text("split").or(() -> keys.text("fewshot_split")),
        own.function("process_docs").or(() -> keys.function("process_docs")),
        own.list("samples"),
        ask(own, keys));
  }

  private static List<Keys> metrics(Keys keys) {
    List<Keys> metrics = keys.parts("metric_list");
    metrics.forEach(metric -> metric.requireKnown(OF_METRIC));
    return metrics;
  }

  private static Generation generation(Keys keys, Ask ask) {
    Keys own = keys.part("generation_kwargs");
    own.requireKnown(
        Set.of(
            "until",
            "do_sample",
            "temperature",
            "max_gen_toks",
            "max_new_tokens",
            "max_tokens",
            "max_completion_tokens",
            "top_p",
            "top_k",
            "num_beams",
            "num_return_sequences"));
    boolean samples = own.flag("do_sample").orElse(isPositive(own.value("temperature")));
    if (samples) {
      throw own.unsupported(
          "do_sample",
          "the harness would draw tokens at random; only do_sample: false gives one answer");
    }
    if (own.number("num_beams", 1).orElse(1) > 1) {
      throw own.unsupported("num_beams", "only 1 is supported");
    }
    int maxTokens =
        own.number("max_gen_toks", 1)
            .or(() -> own.number("max_new_tokens", 1))
            .or(() -> own.number("max_tokens", 1))
            .or(() -> own.number("max_completion_tokens", 1))
            .orElse(Generation.MAX_TOKENS);
    return new Generation(
        own.has("until") ? own.texts("until") : List.of(ask.exampleDelimiter()), maxTokens);
  }

  private static boolean isPositive(Object number) {
    return number instanceof Number value && value.doubleValue() > 0;
  }
}
