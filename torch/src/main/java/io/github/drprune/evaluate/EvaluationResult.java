package io.github.drprune.evaluate;

import io.github.drprune.run.RunEvent.DomainEvaluation;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.SequencedMap;

/** Held-out losses of a model, by domain. */
public record EvaluationResult(SequencedMap<String, DomainLoss> domains) {
  public EvaluationResult {
    domains = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(domains));
  }

  /**
   * A domain's loss.
   *
   * @param loss mean over tokens, nats
   * @param tokens predicted
   * @param bytes of the text that the predicted tokens stand for; 0 where it was not counted
   */
  public record DomainLoss(double loss, long tokens, long bytes) {
    public double perplexity() {
      return Math.exp(loss);
    }

    /** Bits that coding a byte of the text takes, comparable between tokenizers. */
    public OptionalDouble bitsPerByte() {
      return bytes == 0
          ? OptionalDouble.empty()
          : OptionalDouble.of(loss * tokens / (Math.log(2) * bytes));
    }
  }

  /** Unweighted mean of the domains' losses. */
  public double meanLoss() {
    return domains.values().stream().mapToDouble(DomainLoss::loss).average().orElseThrow();
  }

  /** The domain with the highest loss. */
  public String worstDomain() {
    return domains.entrySet().stream()
        .max(Map.Entry.comparingByValue(Comparator.comparingDouble(DomainLoss::loss)))
        .orElseThrow()
        .getKey();
  }

  /** Losses in the domains' order. */
  public double[] losses() {
    return domains.values().stream().mapToDouble(DomainLoss::loss).toArray();
  }

  /** As run events carry it. */
  public SequencedMap<String, DomainEvaluation> events() {
    SequencedMap<String, DomainEvaluation> events = new LinkedHashMap<>();
    domains.forEach(
        (name, loss) ->
            events.put(name, new DomainEvaluation(loss.loss(), loss.perplexity(), loss.tokens())));
    return events;
  }
}
