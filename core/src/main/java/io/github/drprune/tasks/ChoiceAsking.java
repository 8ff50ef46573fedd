package io.github.drprune.tasks;

import io.github.drprune.tasks.Response.Likelihood;
import io.github.drprune.tasks.metric.Aggregation;
import io.github.drprune.template.PyStrings;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;

/**
 * Which choice is the likeliest.
 *
 * @param delimiter before each choice
 * @param choicesAreTexts whether the choices are prompts and the target follows each of them
 */
record ChoiceAsking(
    Metrics metrics, DocumentFields fields, String delimiter, boolean choicesAreTexts)
    implements Asking {
  private static final String MUTUAL = "acc_mutual_info";

  @Override
  public List<Request> requests(Map<String, Object> document, List<String> prompts) {
    List<String> choices = fields.choices(document);
    List<Request> requests = new ArrayList<>();
    if (choicesAreTexts) {
      String target = fields.text(fields.target(document));
      prompts.forEach(prompt -> requests.add(new Request.Continuation(prompt, delimiter + target)));
    } else {
      String prompt = prompts.getFirst();
      choices.forEach(choice -> requests.add(new Request.Continuation(prompt, delimiter + choice)));
    }
    if (metrics.has(MUTUAL)) {
      choices.forEach(choice -> requests.add(new Request.Continuation("", delimiter + choice)));
    }
    return requests;
  }

  @Override
  public Aggregation aggregation(String metric) {
    return metrics.aggregation(metric);
  }

  @Override
  public SequencedMap<String, double[]> metrics(
      Map<String, Object> document, List<Response> responses) {
    List<String> choices = fields.choices(document);
    List<Likelihood> all = responses.stream().map(Likelihood.class::cast).toList();
    List<Likelihood> asked = metrics.has(MUTUAL) ? all.subList(0, choices.size()) : all;
    double[] likelihoods = asked.stream().mapToDouble(Likelihood::logLikelihood).toArray();
    List<Integer> golds = golds(document, choices);
    int predicted = largest(likelihoods);
    int normed = largest(divided(likelihoods, choices, PyStrings::length));
    int byBytes = largest(divided(likelihoods, choices, ChoiceAsking::bytes));
    return metrics
        .ofDocument()
        .put("acc", golds.contains(predicted))
        .put("acc_norm", golds.contains(normed))
        .put("acc_bytes", golds.contains(byBytes))
        .put("exact_match", golds.stream().anyMatch(gold -> isGreedy(asked, gold)))
        .put("f1", () -> new double[] {golds.getFirst(), predicted})
        .put("mcc", () -> new double[] {golds.getFirst(), predicted})
        .put("brier_score", () -> brier(golds.getFirst(), likelihoods))
        .put(MUTUAL, () -> mutual(golds, likelihoods, all))
        .numbers();
  }

  @Override
  public boolean hasRightAnswer(Map<String, Object> document) {
    return golds(document, fields.choices(document)).stream().anyMatch(gold -> gold >= 0);
  }

  /** The numbers of the right choices; one that no choice has is of a document never right. */
  private List<Integer> golds(Map<String, Object> document, List<String> choices) {
    Object gold = choicesAreTexts ? fields.text(document) : fields.target(document);
    List<Integer> golds = new ArrayList<>();
    for (Object one : gold instanceof List<?> list ? list : Arrays.asList(gold)) {
      int number =
          one instanceof String text
              ? choices.indexOf(text)
              : DocumentFields.number(one).orElse(Integer.MAX_VALUE);
      golds.add(number < choices.size() ? number : -1);
    }
    return golds.isEmpty() ? List.of(-1) : golds;
  }

  private static boolean isGreedy(List<Likelihood> asked, int gold) {
    return gold >= 0 && gold < asked.size() && asked.get(gold).greedy();
  }

  private static double bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  private static double[] divided(
      double[] likelihoods, List<String> choices, ToDoubleFunction<String> by) {
    return IntStream.range(0, likelihoods.length)
        .mapToDouble(i -> likelihoods[i] / by.applyAsDouble(choices.get(i)))
        .toArray();
  }

  /** The first of the largest; what is not a number counts as larger, as in NumPy. */
  private static int largest(double[] values) {
    int largest = 0;
    for (int i = 1; i < values.length && !Double.isNaN(values[largest]); i++) {
      if (values[i] > values[largest] || Double.isNaN(values[i])) {
        largest = i;
      }
    }
    return largest;
  }

  /** The right label, and the probabilities of the choices among themselves. */
  private static double[] brier(int gold, double[] likelihoods) {
    double most = Arrays.stream(likelihoods).max().orElseThrow();
    double[] item = new double[likelihoods.length + 1];
    item[0] = gold;
    double sum = Arrays.stream(likelihoods).map(value -> Math.exp(value - most)).sum();
    for (int i = 0; i < likelihoods.length; i++) {
      item[i + 1] = Math.exp(likelihoods[i] - most) / sum;
    }
    return item;
  }

  /** By how much the question makes a choice likelier. */
  private static double[] mutual(List<Integer> golds, double[] likelihoods, List<Likelihood> all) {
    double[] gained = new double[likelihoods.length];
    for (int i = 0; i < gained.length; i++) {
      gained[i] = likelihoods[i] - all.get(gained.length + i).logLikelihood();
    }
    return new double[] {golds.contains(largest(gained)) ? 1 : 0};
  }
}
