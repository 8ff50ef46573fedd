package io.github.drprune.template;

import java.time.Duration;

/**
 * How far one rendering may go before it is stopped.
 *
 * @param steps expressions and turns of loops
 * @param output characters of the result
 * @param made characters and items of all values made on the way
 * @param depth macros, loops and values inside one another
 * @param time wall time
 */
public record TemplateLimits(long steps, long output, long made, int depth, Duration time) {
  /** Far above what a long conversation needs, and below what a machine notices. */
  public static final TemplateLimits USUAL =
      new TemplateLimits(20_000_000, 16_000_000, 128_000_000, 100, Duration.ofSeconds(10));

  public TemplateLimits {
    if (steps < 1 || output < 1 || made < 1 || depth < 1 || !time.isPositive()) {
      throw new IllegalArgumentException("limits of templates are positive");
    }
  }
}
