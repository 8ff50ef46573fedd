package io.github.drprune.tasks.scoring;

import io.github.drprune.data.PreparedData;
import io.github.drprune.data.TokenSequences;
import io.github.drprune.error.UserException;
import io.github.drprune.evaluate.EvaluationText;
import io.github.drprune.evaluate.EvaluationText.Rows;
import io.github.drprune.tasks.Response.Likelihood;
import io.github.drprune.tasks.TaskResult;
import io.github.drprune.tasks.metric.Aggregation;
import io.github.drprune.tasks.metric.FilterChain;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.stream.IntStream;

/**
 * Which text goes on a beginning: questions made of prepared data alone, by domain. The beginning
 * is of a sequence that no run looks at; its own continuation stands against those of other
 * sequences of the domain, of as many tokens.
 */
final class TextContinuations implements AutoCloseable {
  /** Texts to choose from, where the domain has as many sequences. */
  private static final int CHOICES = 4;

  private static final int BEGINNING = 128;
  private static final int CONTINUATION = 32;

  /** Questions that are answered together. */
  private static final int TOGETHER = 64;

  private final PreparedData data; // null where nothing is asked
  private final SequencedMap<String, Rows> domains;
  private final List<String> withoutChoices;
  private final int limit;

  private TextContinuations(
      PreparedData data,
      SequencedMap<String, Rows> domains,
      List<String> withoutChoices,
      int limit) {
    this.data = data;
    this.domains = domains;
    this.withoutChoices = withoutChoices;
    this.limit = limit;
  }

  /**
   * Opens the prepared data in {@code folder}; without one nothing is asked.
   *
   * @param limit questions of each domain at most
   */
  static TextContinuations open(Optional<Path> folder, int limit) {
    if (folder.isEmpty()) {
      return new TextContinuations(null, new LinkedHashMap<>(), List.of(), limit);
    }
    var data = PreparedData.open(folder.get());
    try {
      if (data.manifest().ofConversations()) {
        throw UserException.at(
            "continuations",
            "%s holds conversations, not text to go on".formatted(folder.get()),
            "name data of text");
      }
      SequencedMap<String, Rows> domains = EvaluationText.UNSEEN_BY_RUNS.of(data);
      List<String> withoutChoices =
          domains.sequencedEntrySet().stream()
              .filter(domain -> domain.getValue().count() < 2)
              .map(Map.Entry::getKey)
              .toList();
      domains.keySet().removeAll(withoutChoices);
      if (domains.isEmpty()) {
        throw UserException.at(
            "continuations",
            "no domain of %s has two sequences that no run looks at".formatted(folder.get()),
            "prepare more text, or shorter sequences");
      }
      return new TextContinuations(data, domains, withoutChoices, limit);
    } catch (RuntimeException e) {
      data.close();
      throw e;
    }
  }

  /** Domains that nothing is asked of, for want of a second sequence to choose from. */
  List<String> withoutChoices() {
    return withoutChoices;
  }

  /** Refuses a model that has another tokenizer than the data, or no room for a continuation. */
  void requireAskable(PromptTokens prompts) {
    if (data == null) {
      return;
    }
    data.requireTokenizer(prompts.tokenizer());
    try {
      domains.values().forEach(rows -> choices(prompts, rows, 0));
    } catch (UserException e) {
      throw e.in(data.folder() + ": ");
    }
  }

  /** The result of each domain, as of a task {@code continuation_DOMAIN} with the metric acc. */
  List<TaskResult> ask(AskedModel model) {
    List<TaskResult> results = new ArrayList<>();
    domains.forEach(
        (domain, rows) -> results.add(result("continuation_" + domain, answers(model, rows))));
    return results;
  }

  private static TaskResult result(String name, double[][] right) {
    SequencedMap<String, Double> metrics = new LinkedHashMap<>();
    metrics.put("acc", Aggregation.MEAN.of(right));
    Aggregation.MEAN
        .standardError(right, 1)
        .ifPresent(error -> metrics.put(TaskResult.errorOf("acc"), error));
    SequencedMap<String, SequencedMap<String, Double>> byFilter = new LinkedHashMap<>();
    byFilter.put(FilterChain.NONE, metrics);
    return new TaskResult(name, right.length, byFilter);
  }

  /** For each question 1 where the own continuation is the likeliest, else 0. */
  private double[][] answers(AskedModel model, Rows rows) {
    int questions = (int) Math.min(limit, rows.count());
    double[][] right = new double[questions][];
    for (int from = 0; from < questions; from += TOGETHER) {
      int to = Math.min(questions, from + TOGETHER);
      List<ScoredTokens> items = new ArrayList<>();
      for (int question = from; question < to; question++) {
        items.addAll(choices(model.prompts(), rows, question));
      }
      List<Likelihood> scores = model.score(items);
      int choices = items.size() / (to - from);
      for (int question = from; question < to; question++) {
        int first = (question - from) * choices;
        double own = scores.get(first).logLikelihood();
        boolean best =
            IntStream.range(first + 1, first + choices)
                .allMatch(other -> scores.get(other).logLikelihood() < own);
        right[question] = new double[] {best ? 1 : 0};
      }
    }
    return right;
  }

  /** The own continuation and those of sequences in equal distances. */
  private static List<ScoredTokens> choices(PromptTokens prompts, Rows rows, int question) {
    TokenSequences sequences = rows.sequences();
    int beginning = Math.min(BEGINNING, sequences.seqLen() / 2);
    int end = beginning + Math.min(CONTINUATION, sequences.seqLen() - beginning);
    int choices = (int) Math.min(CHOICES, rows.count());
    int[] own = Arrays.copyOf(sequences.row(rows.from() + question), end);
    List<ScoredTokens> items = new ArrayList<>();
    for (int choice = 0; choice < choices; choice++) {
      long other = (question + choice * (rows.count() / choices)) % rows.count();
      int[] tokens = own.clone();
      int[] source = sequences.row(rows.from() + other);
      System.arraycopy(source, beginning, tokens, beginning, end - beginning);
      items.add(prompts.scored(tokens, end - beginning));
    }
    return items;
  }

  @Override
  public void close() {
    if (data != null) {
      data.close();
    }
  }
}
