package io.github.drprune.train;

import io.github.drprune.data.SamplerState;
import io.github.drprune.weighting.WeightingState;

/**
 * What a checkpoint holds beside tensors.
 *
 * @param step optimizer steps done
 * @param eventBytes length of the event log
 * @param seconds of wall-clock time that the run has taken in all its processes
 * @param random state of the source of random numbers; empty where none is used
 */
record RunState(
    long step,
    long eventBytes,
    double seconds,
    SamplerState sampler,
    WeightingState weighting,
    byte[] random) {
  RunState {
    if (step < 0 || eventBytes < 0 || sampler == null || weighting == null || random == null) {
      throw new IllegalArgumentException("the state of the run is not complete");
    }
  }
}
