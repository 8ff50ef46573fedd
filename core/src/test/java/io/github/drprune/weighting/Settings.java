package io.github.drprune.weighting;

import io.github.drprune.config.DomainsConfig;
import io.github.drprune.config.DomainsConfig.Losses;
import io.github.drprune.config.DomainsConfig.Strategy;
import java.util.Map;

/** Configurations without limits, for tests. */
final class Settings {
  private Settings() {}

  static DomainsConfig of(
      Strategy strategy, double rho, double minRatio, Map<String, Double> references) {
    return of(strategy, rho, minRatio, true, references);
  }

  static DomainsConfig of(
      Strategy strategy,
      double rho,
      double minRatio,
      boolean floorAtSmallest,
      Map<String, Double> references) {
    return new DomainsConfig(
        strategy,
        rho,
        minRatio,
        floorAtSmallest,
        Map.of(),
        references,
        false,
        Map.of(),
        Map.of(),
        Losses.HELD_OUT,
        0.9,
        3);
  }
}
