package io.github.drprune.weighting;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.github.drprune.error.UserException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * How domains are weighted: the section {@code domains} of a run's configuration. Every key may be
 * left out.
 *
 * @param strategy default drpruning
 * @param rho chi-square divergence of the weights from the reference proportion; default 0.1
 * @param minRatio no weight falls below this share of its reference proportion before the weights
 *     are renormalised; default 0.2
 * @param proportion reference proportion by domain, summing to one; default the shares of the data
 * @param referenceLoss loss in nats per token that each domain is measured against; drpruning finds
 *     those that are not given, dro, sheared and bandit need all
 * @param floors least weight by domain
 * @param caps largest weight by domain
 * @param losses what the weights follow; default the held-out losses
 * @param alarmShare a domain that holds more than this share for {@code alarmEvaluations}
 *     evaluations in a row raises a warning; default 0.9
 * @param alarmEvaluations default 3
 */
public record DomainsConfig(
    Strategy strategy,
    Double rho,
    Double minRatio,
    Map<String, Double> proportion,
    Map<String, Double> referenceLoss,
    Map<String, Double> floors,
    Map<String, Double> caps,
    Losses losses,
    Double alarmShare,
    Integer alarmEvaluations) {

  /** Which rule sets the weights. */
  public enum Strategy {
    @JsonProperty("drpruning")
    DRPRUNING,
    @JsonProperty("dro")
    DRO,
    @JsonProperty("sheared")
    SHEARED,
    @JsonProperty("constant")
    CONSTANT,
    @JsonProperty("bandit")
    BANDIT;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Which losses the weights follow. */
  public enum Losses {
    /** Of the held-out split, at each evaluation. */
    @JsonProperty("held_out")
    HELD_OUT,
    /** Exponential averages, with 0.1, of the training losses of the domains present. */
    @JsonProperty("training")
    TRAINING
  }

  public DomainsConfig {
    strategy = strategy == null ? Strategy.DRPRUNING : strategy;
    rho = rho == null ? Double.valueOf(0.1) : rho;
    minRatio = minRatio == null ? Double.valueOf(0.2) : minRatio;
    proportion = copy(proportion);
    referenceLoss = copy(referenceLoss);
    floors = copy(floors);
    caps = copy(caps);
    losses = losses == null ? Losses.HELD_OUT : losses;
    alarmShare = alarmShare == null ? Double.valueOf(0.9) : alarmShare;
    alarmEvaluations = alarmEvaluations == null ? Integer.valueOf(3) : alarmEvaluations;

    if (!(rho > 0) || rho.isInfinite()) {
      throw new UserException(
          "rho: must be above 0, is %s; 0.05 to 0.2 is usual, 'constant' keeps the proportion"
              .formatted(rho));
    }
    if (!(minRatio >= 0 && minRatio <= 1)) {
      throw new UserException("min_ratio: must be between 0 and 1, is " + minRatio);
    }
    if (!(alarmShare >= 0.5 && alarmShare <= 1)) {
      throw new UserException("alarm_share: must be between 0.5 and 1, is " + alarmShare);
    }
    if (alarmEvaluations < 1) {
      throw new UserException("alarm_evaluations: must be 1 or more, is " + alarmEvaluations);
    }
  }

  /** Every key at its default. */
  public static DomainsConfig defaults() {
    return new DomainsConfig(null, null, null, null, null, null, null, null, null, null);
  }

  /** These settings with another rule. */
  public DomainsConfig withStrategy(Strategy other) {
    return new DomainsConfig(
        other,
        rho,
        minRatio,
        proportion,
        referenceLoss,
        floors,
        caps,
        losses,
        alarmShare,
        alarmEvaluations);
  }

  /** These settings with another divergence. */
  public DomainsConfig withRho(double other) {
    return new DomainsConfig(
        strategy,
        other,
        minRatio,
        proportion,
        referenceLoss,
        floors,
        caps,
        losses,
        alarmShare,
        alarmEvaluations);
  }

  /** These settings with other reference losses. */
  public DomainsConfig withReferenceLoss(Map<String, Double> other) {
    return new DomainsConfig(
        strategy,
        rho,
        minRatio,
        proportion,
        other,
        floors,
        caps,
        losses,
        alarmShare,
        alarmEvaluations);
  }

  private static Map<String, Double> copy(Map<String, Double> values) {
    return values == null ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(values));
  }
}
