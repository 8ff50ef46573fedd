package io.github.drprune.weighting;

import io.github.drprune.config.DomainsConfig;
import io.github.drprune.config.DomainsConfig.Losses;
import io.github.drprune.config.DomainsConfig.Strategy;
import io.github.drprune.config.TuneConfig;
import io.github.drprune.config.binding.ConfigLoader;
import java.util.ArrayList;
import java.util.List;
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
        0,
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

  /**
   * Those of {@code tune} with the references given.
   *
   * @param others assignments with spaces between them
   */
  static DomainsConfig ofTune(Map<String, Double> references, String others) {
    List<String> sets = new ArrayList<>(List.of("model=base", "data=chats", "output=tuned"));
    references.forEach((name, loss) -> sets.add("domains.reference_loss." + name + "=" + loss));
    for (String other : others.split(" ")) {
      sets.add("domains." + other);
    }
    return ConfigLoader.load(sets, TuneConfig.class).run().domains();
  }
}
