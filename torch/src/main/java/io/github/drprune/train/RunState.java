package io.github.drprune.train;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.drprune.data.SamplerState;
import io.github.drprune.run.RunOrigin;
import io.github.drprune.weighting.WeightingState;

/**
 * What a checkpoint holds beside tensors.
 *
 * @param step optimizer steps done
 * @param eventBytes length of the event log
 * @param seconds of wall-clock time that the run has taken in all its processes
 * @param objective what the objective remembers
 * @param soundLoss the loss above which weights count as exploded
 * @param origin what the run goes by
 */
public record RunState(
    long step,
    long eventBytes,
    double seconds,
    SamplerState sampler,
    WeightingState weighting,
    JsonNode objective,
    double soundLoss,
    RunOrigin origin) {
  public RunState {
    boolean complete = sampler != null && weighting != null && objective != null && origin != null;
    if (step < 0 || eventBytes < 0 || !complete) {
      throw new IllegalArgumentException("the state of the run is not complete");
    }
  }
}
