package io.github.drprune.latency;

import io.github.drprune.model.ModelSummary;
import java.util.List;

/**
 * What was measured.
 *
 * @param models in the order in which they were named
 * @param generated tokens generated behind each prompt
 */
public record LatencyReport(List<Model> models, int generated, List<Case> cases) {
  /**
   * A model.
   *
   * @param fileBytes of its weights as they are stored
   */
  public record Model(String name, ModelSummary model, long fileBytes) {}

  /** Prompts of one length, so many at a time; speeds in the order of the models. */
  public record Case(int batch, int context, List<Speed> speeds) {}

  /**
   * How fast a model is.
   *
   * @param promptRate tokens of prompts a second, the median of the rounds
   * @param generatedRate tokens generated a second
   * @param memoryBytes taken by keys, values and intermediate results; 0 where it is not known
   * @param operations floating-point operations of the prompts
   * @param speedUp how many times as fast as the first model with prompts
   * @param fewerOperations how many times fewer operations they need than with the first
   */
  public record Speed(
      double promptRate,
      double generatedRate,
      long memoryBytes,
      double operations,
      double speedUp,
      double fewerOperations) {}
}
