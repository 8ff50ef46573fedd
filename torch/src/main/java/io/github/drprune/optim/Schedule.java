package io.github.drprune.optim;

/**
 * Linear warmup, then a cosine to a share of the peak.
 *
 * @param steps of the whole run
 * @param warmup steps until the peak
 * @param finalShare of the peak that the last step has
 */
public record Schedule(long steps, long warmup, double finalShare) {
  public Schedule {
    if (steps < 1 || warmup < 0 || warmup > steps || !(finalShare >= 0 && finalShare <= 1)) {
      throw new IllegalArgumentException(
          "schedule of %d steps, %d of warmup, to %s of the peak"
              .formatted(steps, warmup, finalShare));
    }
  }

  /** The factor on peak learning rates at {@code step}, counted from 1. */
  public double at(long step) {
    if (step <= warmup) {
      return (double) step / warmup;
    }
    // At the peak right after the warmup, at the final share in the last step.
    double progress = steps == warmup + 1 ? 0 : (step - warmup - 1.0) / (steps - warmup - 1.0);
    double cosine = 0.5 * (1 + Math.cos(Math.PI * Math.min(progress, 1)));
    return finalShare + (1 - finalShare) * cosine;
  }
}
