package io.github.drprune.tasks;

import io.github.drprune.error.Unusable;
import io.github.drprune.tasks.Response.Likelihood;
import io.github.drprune.tasks.metric.Aggregation;
import io.github.drprune.tasks.metric.Squad;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/** SQuAD 2.0: an answer, and how likely it is that there is none. */
record SquadAsking() implements Asking {
  private static final String QUESTION = "squad";

  @Override
  public List<Request> requests(Map<String, Object> document, List<String> prompts) {
    String prompt = prompts.getFirst();
    return List.of(
        new Request.Generated(prompt, List.of("\n"), 256),
        new Request.Continuation(prompt, " unanswerable"));
  }

  @Override
  public SequencedMap<String, double[]> metrics(
      Map<String, Object> document, List<Response> responses) {
    String answer = ((Response.Text) responses.getFirst()).text();
    double none = Math.exp(((Likelihood) responses.getLast()).logLikelihood());
    List<?> golds =
        Unusable.refused(document.get("answers")) instanceof Map<?, ?> answers
                && Unusable.refused(answers.get("text")) instanceof List<?> texts
            ? texts
            : List.of();
    SequencedMap<String, double[]> numbers = new LinkedHashMap<>();
    numbers.put(
        QUESTION, Squad.question(answer, golds.stream().map(String::valueOf).toList(), none));
    return numbers;
  }

  @Override
  public SequencedMap<String, Double> summary(
      SequencedMap<String, List<double[]>> documents, int draws) {
    return Squad.scores(documents.get(QUESTION));
  }

  @Override
  public Aggregation aggregation(String metric) {
    throw new IllegalArgumentException("its scores come together: " + metric);
  }
}
