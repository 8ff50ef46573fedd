package io.github.drprune.config;

import io.github.drprune.config.binding.Key;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** How the share of each domain in the training data is chosen as the run goes on. */
public record DomainsConfig(
    @Key(doc = "How domain weights follow the losses.", value = "drpruning") Strategy strategy,
    @Key(
            doc = "Chi-square divergence of the weights from the reference proportion.",
            value = "0.1",
            above = 0)
        double rho,
    @Key(
            doc = "Least ratio of a domain's weight to its reference proportion.",
            value = "0.2",
            min = 0,
            max = 1)
        double minRatio,
    @Key(
            doc =
                "Share of the weights in force that stays at an update: damps weights that jump"
                    + " to and fro between domains of about equal excess.",
            value = "0",
            min = 0,
            below = 1)
        double smoothing,
    @Key(
            doc =
                "Whether robust weights are raised to the smallest reference proportion where they"
                    + " are below it, as in the paper.",
            value = "true")
        boolean floorAtSmallest,
    @Key(
            doc =
                "Reference proportion of each domain, which must sum to 1; without it the domains'"
                    + " shares of the training tokens.",
            min = 0,
            max = 1)
        Map<String, Double> proportion,
    @Key(
            doc =
                "Reference loss of each domain in nats per token; without it drpruning predicts"
                    + " them from the run itself, or takes those of a distillation's teacher.",
            min = 0)
        Map<String, Double> referenceLoss,
    @Key(
            doc =
                "Whether drpruning keeps reference losses that are given, as it keeps a teacher's,"
                    + " rather than predicting its own as the run goes on.",
            value = "false")
        boolean keepReferences,
    @Key(doc = "Least weight of single domains.", min = 0, max = 1) Map<String, Double> floors,
    @Key(doc = "Largest weight of single domains.", above = 0, max = 1) Map<String, Double> caps,
    @Key(
            doc =
                "The losses that the weights follow: of the held-out split at each evaluation, or a"
                    + " running mean over the training batches.",
            value = "held_out")
        Losses losses,
    @Key(
            doc = "Share of the data above which a domain that keeps it raises a warning.",
            value = "0.9",
            min = 0.5,
            max = 1)
        double alarmShare,
    @Key(
            doc = "Evaluations in a row above alarm_share that raise the warning.",
            value = "3",
            min = 1)
        int alarmEvaluations) {
  /** The ways to choose weights. */
  public enum Strategy {
    DRPRUNING,
    DRO,
    SHEARED,
    BANDIT,
    CONSTANT
  }

  /** Where losses come from. */
  public enum Losses {
    HELD_OUT,
    TRAINING
  }

  public DomainsConfig {
    proportion = copyOf(proportion);
    referenceLoss = copyOf(referenceLoss);
    floors = copyOf(floors);
    caps = copyOf(caps);
    for (var floor : floors.entrySet()) {
      double cap = caps.getOrDefault(floor.getKey(), 1.0);
      if (floor.getValue() > cap) {
        throw new IllegalArgumentException(
            "floors.%s: %s is above the domain's cap %s; lower it or raise the cap"
                .formatted(floor.getKey(), floor.getValue(), cap));
      }
    }
  }

  /** The same settings with other reference losses, which are not predicted anew. */
  public DomainsConfig withReferencesToKeep(Map<String, Double> losses) {
    return new DomainsConfig(
        strategy,
        rho,
        minRatio,
        smoothing,
        floorAtSmallest,
        proportion,
        losses,
        true,
        floors,
        caps,
        this.losses,
        alarmShare,
        alarmEvaluations);
  }

  private static Map<String, Double> copyOf(Map<String, Double> byDomain) {
    return Collections.unmodifiableMap(new LinkedHashMap<>(byDomain));
  }
}
