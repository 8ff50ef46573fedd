package io.github.drprune.tasks.scoring;

import io.github.drprune.data.PreparedData;
import io.github.drprune.data.TokenSequences;
import io.github.drprune.evaluate.EvaluationText;
import io.github.drprune.evaluate.EvaluationText.Rows;
import io.github.drprune.tasks.Response.Likelihood;
import io.github.drprune.tasks.TaskResult;
import io.github.drprune.tasks.metric.Aggregation;
import io.github.drprune.tasks.metric.FilterChain;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.stream.IntStream;

/**
 * Which text goes on a beginning: questions made of prepared data alone, by domain. The beginning
 * is of a sequence that no run looks at; its own continuation stands against those of other
 * sequences of the domain, of as many tokens.
 */
final class TextContinuations {
  /** Texts to choose from, where the domain has as many sequences. */
  private static final int CHOICES = 4;

  private static final int BEGINNING = 128;
  private static final int CONTINUATION = 32;

  /** Questions that are answered together. */
  private static final int TOGETHER = 64;

  private TextContinuations() {}

  /**
   * The result of each domain, as of a task {@code continuation_DOMAIN} with the metric acc.
   *
   * @param limit questions of each domain at most
   * @throws io.github.drprune.error.UserException if the data were prepared with another tokenizer
   */
  static List<TaskResult> ask(AskedModel model, PreparedData data, int limit) {
    data.requireTokenizer(model.tokenizer());
    List<TaskResult> results = new ArrayList<>();
    EvaluationText.UNSEEN_BY_RUNS
        .of(data)
        .forEach(
            (domain, rows) -> {
              if (rows.count() > 1) {
                results.add(result("continuation_" + domain, answers(model, rows, limit)));
              }
            });
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
  private static double[][] answers(AskedModel model, Rows rows, int limit) {
    int questions = (int) Math.min(limit, rows.count());
    double[][] right = new double[questions][];
    for (int from = 0; from < questions; from += TOGETHER) {
      int to = Math.min(questions, from + TOGETHER);
      List<ScoredTokens> items = new ArrayList<>();
      for (int question = from; question < to; question++) {
        items.addAll(choices(rows, question));
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
  private static List<ScoredTokens> choices(Rows rows, int question) {
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
      items.add(new ScoredTokens(tokens, end - beginning));
    }
    return items;
  }
}
