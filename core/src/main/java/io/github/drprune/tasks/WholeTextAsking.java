package io.github.drprune.tasks;

import io.github.drprune.tasks.Response.Likelihood;
import io.github.drprune.tasks.metric.Aggregation;
import io.github.drprune.tasks.python.PythonPattern;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/** How likely the target is, as a text of its own. */
record WholeTextAsking(Metrics metrics, DocumentFields fields) implements Asking {
  private static final PythonPattern SPACE = PythonPattern.compile("\\s+");

  @Override
  public List<Request> requests(Map<String, Object> document, List<String> prompts) {
    return List.of(new Request.Whole(text(document)));
  }

  private String text(Map<String, Object> document) {
    return fields.text(fields.target(document));
  }

  @Override
  public SequencedMap<String, double[]> metrics(
      Map<String, Object> document, List<Response> responses) {
    String text = text(document);
    double likelihood = ((Likelihood) responses.getFirst()).logLikelihood();
    double bytes = text.getBytes(StandardCharsets.UTF_8).length;
    return metrics
        .ofDocument()
        .put("word_perplexity", () -> new double[] {likelihood, SPACE.pieces(text)})
        .put("byte_perplexity", () -> new double[] {likelihood, bytes})
        .put("bits_per_byte", () -> new double[] {likelihood, bytes})
        .numbers();
  }

  @Override
  public Aggregation aggregation(String metric) {
    return metrics.aggregation(metric);
  }
}
