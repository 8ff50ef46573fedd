package io.github.drprune.tasks.metric;

import io.github.drprune.tasks.python.PythonStrings;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.regex.Pattern;

/**
 * The scores of SQuAD 2.0 (Rajpurkar et al. 2018), in percent, as its official script computes
 * them: of all questions, of those with an answer, of those without, and with the threshold of the
 * probability of no answer that is best for these questions.
 */
public final class Squad {
  private static final Pattern ARTICLES =
      Pattern.compile("\\b(a|an|the)\\b", Pattern.UNICODE_CHARACTER_CLASS);
  private static final String PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

  /** Where in a document's numbers each stands. */
  private static final int EXACT = 0;

  private static final int F1 = 1;
  private static final int ANSWERED = 2;
  private static final int NO_ANSWER = 3;
  private static final int EMPTY = 4;

  private Squad() {}

  /**
   * The numbers of a question: exact match, F1, whether it has an answer, the probability that the
   * model gives to none, and whether its answer is empty.
   *
   * @param answers that are right; none where the question has none
   */
  public static double[] question(String answer, List<String> answers, double noAnswer) {
    List<String> golds = answers.stream().filter(gold -> !normal(gold).isEmpty()).toList();
    if (golds.isEmpty()) {
      golds = List.of("");
    }
    double exact = 0;
    double f1 = 0;
    for (String gold : golds) {
      exact = Math.max(exact, normal(gold).equals(normal(answer)) ? 1 : 0);
      f1 = Math.max(f1, f1(gold, answer));
    }
    return new double[] {exact, f1, answers.isEmpty() ? 0 : 1, noAnswer, answer.isEmpty() ? 1 : 0};
  }

  private static String normal(String text) {
    var kept = new StringBuilder();
    text.toLowerCase(Locale.ROOT)
        .codePoints()
        .filter(c -> PUNCTUATION.indexOf(c) < 0)
        .forEach(kept::appendCodePoint);
    String plain = ARTICLES.matcher(kept).replaceAll(" ");
    return String.join(" ", PythonStrings.words(plain));
  }

  private static double f1(String gold, String answer) {
    List<String> golds = PythonStrings.words(normal(gold));
    List<String> words = PythonStrings.words(normal(answer));
    if (golds.isEmpty() || words.isEmpty()) {
      return golds.equals(words) ? 1 : 0;
    }
    Map<String, Integer> left = new HashMap<>();
    golds.forEach(word -> left.merge(word, 1, Integer::sum));
    int same = 0;
    for (String word : words) {
      if (left.merge(word, -1, Integer::sum) >= 0) {
        same++;
      }
    }
    if (same == 0) {
      return 0;
    }
    double precision = (double) same / words.size();
    double recall = (double) same / golds.size();
    return 2 * precision * recall / (precision + recall);
  }

  /** The scores of all {@code questions}, by name. */
  public static SequencedMap<String, Double> scores(List<double[]> questions) {
    SequencedMap<String, Double> scores = new LinkedHashMap<>();
    List<double[]> answered =
        questions.stream().filter(question -> question[ANSWERED] == 1).toList();
    List<double[]> others = questions.stream().filter(question -> question[ANSWERED] == 0).toList();
    scores.put("exact", percent(questions, EXACT));
    scores.put("f1", percent(questions, F1));
    scores.put("HasAns_exact", percent(answered, EXACT));
    scores.put("HasAns_f1", percent(answered, F1));
    scores.put("NoAns_exact", percent(others, EXACT));
    scores.put("NoAns_f1", percent(others, F1));
    scores.put("best_exact", best(questions, others.size(), EXACT));
    scores.put("best_f1", best(questions, others.size(), F1));
    return scores;
  }

  private static double percent(List<double[]> questions, int score) {
    // Where there are none, the script leaves the score out and the harness makes it 0.
    return questions.isEmpty()
        ? 0
        : 100
            * questions.stream().mapToDouble(question -> question[score]).sum()
            / questions.size();
  }

  /** All questions count as unanswered first, then one after the other as answered. */
  private static double best(List<double[]> questions, int unanswerable, int score) {
    double current = unanswerable;
    double best = current;
    List<double[]> sorted = new ArrayList<>(questions);
    sorted.sort(Comparator.comparingDouble(question -> question[NO_ANSWER]));
    for (double[] question : sorted) {
      current += question[ANSWERED] == 1 ? question[score] : question[EMPTY] - 1;
      best = Math.max(best, current);
    }
    return 100 * best / questions.size();
  }
}
