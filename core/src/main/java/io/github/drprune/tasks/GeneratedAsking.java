package io.github.drprune.tasks;

import io.github.drprune.tasks.file.TaskConfig.Generation;
import io.github.drprune.tasks.metric.Aggregation;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * How the prompt goes on.
 *
 * @param severalTargets whether any of a list of texts is right
 */
record GeneratedAsking(
    Metrics metrics, DocumentFields fields, Generation generation, boolean severalTargets)
    implements Asking {

  @Override
  public List<Request> requests(Map<String, Object> document, List<String> prompts) {
    return List.of(
        new Request.Generated(prompts.getFirst(), generation.until(), generation.maxTokens()));
  }

  @Override
  public SequencedMap<String, double[]> metrics(
      Map<String, Object> document, List<Response> responses) {
    String answer = ((Response.Text) responses.getFirst()).text();
    List<String> golds = golds(document);
    var numbers = metrics.ofDocument();
    for (TaskMetric metric : metrics.all()) {
      boolean right = golds.stream().anyMatch(gold -> metric.match().matches(answer, gold));
      numbers.put(metric.name(), right);
    }
    return numbers.numbers();
  }

  private List<String> golds(Map<String, Object> document) {
    Object target = fields.target(document);
    List<String> choices = fields.choices(document);
    var number = DocumentFields.number(target);
    if (choices != null && number.isPresent()) {
      Optional<String> choice = DocumentFields.choice(choices, number.get());
      if (choice.isPresent()) {
        return List.of(choice.get());
      }
    }
    if (!severalTargets) {
      return List.of(fields.text(target));
    }
    List<String> golds = new ArrayList<>();
    if (target instanceof List<?> list) {
      list.forEach(gold -> golds.add(fields.text(gold)));
    } else {
      // Where the other documents have lists, Python takes a text for its characters.
      fields.text(target).codePoints().forEach(c -> golds.add(Character.toString(c)));
    }
    return golds;
  }

  @Override
  public Aggregation aggregation(String metric) {
    return metrics.aggregation(metric);
  }
}
