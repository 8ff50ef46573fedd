package io.github.drprune.optim;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import org.bytedeco.pytorch.Tensor;

/**
 * Leaves that share a learning rate.
 *
 * @param name of the group, distinct among an optimizer's groups
 * @param parameters float32 leaves of one device, by names distinct within the group
 * @param peakRate learning rate at the schedule's peak
 * @param weightDecay decoupled, as a share of the learning rate
 * @param ascends whether the group maximises the loss (Lagrangian multipliers)
 */
public record ParameterGroup(
    String name,
    SequencedMap<String, Tensor> parameters,
    double peakRate,
    double weightDecay,
    boolean ascends) {
  public ParameterGroup {
    if (parameters.isEmpty()) {
      throw new IllegalArgumentException("parameter group '%s' is empty".formatted(name));
    }
    if (!(peakRate >= 0) || !(weightDecay >= 0)) {
      throw new IllegalArgumentException(
          "learning rate %s and weight decay %s must not be negative"
              .formatted(peakRate, weightDecay));
    }
    parameters = Collections.unmodifiableSequencedMap(new LinkedHashMap<>(parameters));
  }

  /** The same with other parameters. */
  ParameterGroup with(SequencedMap<String, Tensor> others) {
    return new ParameterGroup(name, others, peakRate, weightDecay, ascends);
  }
}
