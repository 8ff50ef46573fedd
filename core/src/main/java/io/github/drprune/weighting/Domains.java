package io.github.drprune.weighting;

import io.github.drprune.config.DomainsConfig;
import io.github.drprune.error.UserException;
import io.github.drprune.json.Suggestion;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;

/**
 * A run's domains with their settings, in the order of the data.
 *
 * @param proportion sums to one
 * @param reference given reference losses, NaN where none is
 */
record Domains(
    List<String> names, double[] proportion, double[] reference, double[] floors, double[] caps) {
  /** Proportions are often written with three digits. */
  private static final double SUM_TOLERANCE = 1e-3;

  /** Limits that leave one distribution, such as caps of 0.7, 0.2 and 0.1, miss 1 by rounding. */
  private static final double LIMIT_TOLERANCE = 1e-9;

  static Domains of(DomainsConfig config, List<String> names, double[] shares) {
    if (names.isEmpty() || new TreeSet<>(names).size() != names.size()) {
      throw new UserException("domains: must be named once each, one at least, are " + names);
    }
    double[] given = shares;
    if (!config.proportion().isEmpty()) {
      given = values("proportion", config.proportion(), names, Double.NaN);
      for (int i = 0; i < given.length; i++) {
        if (Double.isNaN(given[i])) {
          throw new UserException(
              "domains.proportion: has no value for the domain '%s'; name all of the data's domains (0 leaves one out) or none"
                  .formatted(names.get(i)));
        }
      }
    }
    var domains =
        new Domains(
            List.copyOf(names),
            proportion(given, names),
            values("reference_loss", config.referenceLoss(), names, Double.NaN),
            values("floors", config.floors(), names, 0),
            values("caps", config.caps(), names, 1));
    domains.checkLimits();
    return domains;
  }

  int size() {
    return names.size();
  }

  boolean hasLimits() {
    return Arrays.stream(floors).anyMatch(floor -> floor > 0)
        || Arrays.stream(caps).anyMatch(cap -> cap < 1);
  }

  /** {@code weights} between the floors and caps, summing to one. */
  double[] limited(double[] weights) {
    if (!hasLimits()) {
      return weights;
    }
    // Caps may leave weight over that only domains without any can take.
    var positive = new double[weights.length];
    for (int i = 0; i < weights.length; i++) {
      positive[i] = weights[i] + 1e-15 * proportion[i];
    }
    return Simplex.within(positive, floors, caps);
  }

  /** Every domain with a proportion needs a reference loss for this rule. */
  void requireReferences(DomainsConfig.Strategy strategy) {
    for (int i = 0; i < size(); i++) {
      if (proportion[i] > 0 && Double.isNaN(reference[i])) {
        throw new UserException(
            "domains.reference_loss: has no value for the domain '%s', and strategy '%s' needs one for each ('drprune reference-loss' predicts them; 'drpruning' finds its own)"
                .formatted(names.get(i), strategy.name().toLowerCase(Locale.ROOT)));
      }
    }
  }

  private static double[] proportion(double[] given, List<String> names) {
    if (given.length != names.size()) {
      throw new IllegalArgumentException(
          "%d shares for %d domains".formatted(given.length, names.size()));
    }
    double sum = Arrays.stream(given).sum();
    if (!(Math.abs(sum - 1) <= SUM_TOLERANCE)) {
      throw new UserException(
          "domains.proportion: must sum to 1, sums to %s; divide each value by it".formatted(sum));
    }
    return Simplex.normalised(given);
  }

  private static double[] values(
      String key, Map<String, Double> given, List<String> names, double absent) {
    for (String name : given.keySet()) {
      if (!names.contains(name)) {
        throw new UserException(
            "domains.%s: the data has no domain '%s'%s"
                .formatted(key, name, Suggestion.among(name, names)));
      }
    }
    var values = new double[names.size()];
    for (int i = 0; i < values.length; i++) {
      Double value = given.get(names.get(i));
      values[i] = value == null ? absent : value;
      if (value != null && !(value >= 0 && value < Double.POSITIVE_INFINITY)) {
        throw new UserException(
            "domains.%s: must be a number of 0 or more for '%s', is %s"
                .formatted(key, names.get(i), value));
      }
    }
    return values;
  }

  private void checkLimits() {
    double sumOfFloors = 0;
    double sumOfCaps = 0;
    for (int i = 0; i < size(); i++) {
      if (!(floors[i] <= caps[i] && caps[i] <= 1)) {
        throw new UserException(
            "domains.floors, domains.caps: '%s' needs floor <= cap <= 1, has floor %s and cap %s"
                .formatted(names.get(i), floors[i], caps[i]));
      }
      if (floors[i] > 0 && proportion[i] == 0) {
        throw new UserException(
            "domains.floors: '%s' has proportion 0 and so no weight; give it a proportion or no floor"
                .formatted(names.get(i)));
      }
      sumOfFloors += floors[i];
      sumOfCaps += proportion[i] > 0 ? caps[i] : 0;
    }
    if (sumOfFloors > 1 + LIMIT_TOLERANCE) {
      throw new UserException("domains.floors: must sum to 1 or less, sum to " + sumOfFloors);
    }
    if (sumOfCaps < 1 - LIMIT_TOLERANCE) {
      throw new UserException(
          "domains.caps: must sum to 1 or more over the domains with a proportion, sum to "
              + sumOfCaps);
    }
  }
}
