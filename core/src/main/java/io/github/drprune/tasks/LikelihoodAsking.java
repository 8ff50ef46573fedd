package io.github.drprune.tasks;

import io.github.drprune.tasks.Response.Likelihood;
import io.github.drprune.tasks.metric.Aggregation;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/** How likely the target is after the prompt. */
record LikelihoodAsking(Metrics metrics, DocumentFields fields) implements Asking {
  @Override
  public List<Request> requests(Map<String, Object> document, List<String> prompts) {
    String target = fields.text(fields.target(document));
    return List.of(new Request.Continuation(prompts.getFirst(), target));
  }

  @Override
  public SequencedMap<String, double[]> metrics(
      Map<String, Object> document, List<Response> responses) {
    var response = (Likelihood) responses.getFirst();
    return metrics
        .ofDocument()
        .put("perplexity", () -> new double[] {response.logLikelihood()})
        .put("acc", response.greedy())
        .numbers();
  }

  @Override
  public Aggregation aggregation(String metric) {
    return metrics.aggregation(metric);
  }
}
