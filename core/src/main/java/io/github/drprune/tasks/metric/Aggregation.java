package io.github.drprune.tasks.metric;

import io.github.drprune.error.UserException;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.ToDoubleFunction;

/** Makes one number of those of all documents; a document has one or several. */
public enum Aggregation {
  MEAN(Error.ANALYTIC, Aggregation::mean),
  /** The upper one of the two in the middle, as the harness takes it. */
  MEDIAN(Error.BOOTSTRAP, Aggregation::median),
  NANMEAN(Error.BOOTSTRAP, Aggregation::meanOfNumbers),
  /** Of log-likelihoods. */
  PERPLEXITY(Error.BOOTSTRAP, items -> Math.exp(-mean(items))),
  /** Of pairs: a log-likelihood and the words or bytes it is of. */
  WEIGHTED_PERPLEXITY(Error.NONE, items -> Math.exp(-weightedMean(items))),
  /** Of pairs, as the perplexity. */
  BITS_PER_BYTE(Error.NONE, items -> -weightedMean(items) / Math.log(2)),
  /** Of pairs: the right label and the predicted one, 0 or 1. */
  F1(Error.BOOTSTRAP, Aggregation::f1),
  /** Matthews' correlation of right and predicted labels, for any number of classes. */
  MATTHEWS_CORRCOEF(Error.BOOTSTRAP, Aggregation::correlation),
  /** Of the right label and the probabilities of all. */
  BRIER_SCORE(Error.NONE, Aggregation::brier);

  /** Where the standard error comes from. */
  private enum Error {
    ANALYTIC,
    BOOTSTRAP,
    NONE
  }

  private final Error error;
  private final ToDoubleFunction<double[][]> function;

  Aggregation(Error error, ToDoubleFunction<double[][]> function) {
    this.error = error;
    this.function = function;
  }

  /** By the name that task files use. */
  public static Optional<Aggregation> named(String name) {
    return Arrays.stream(values()).filter(value -> value.toString().equals(name)).findFirst();
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The number of all; {@code items} has a row for each document. */
  public double of(double[][] items) {
    return function.applyAsDouble(items);
  }

  /**
   * The standard error of {@link #of}, empty where the harness has none.
   *
   * @param draws of a bootstrap; 0 for no error at all
   */
  public OptionalDouble standardError(double[][] items, int draws) {
    if (items.length < 2 || draws == 0) {
      return OptionalDouble.empty();
    }
    return switch (error) {
      case ANALYTIC -> OptionalDouble.of(deviation(firsts(items)) / Math.sqrt(items.length));
      case BOOTSTRAP -> OptionalDouble.of(deviation(Bootstrap.replicates(this, items, draws)));
      case NONE -> OptionalDouble.empty();
    };
  }

  private static double[] firsts(double[][] items) {
    return Arrays.stream(items).mapToDouble(item -> item[0]).toArray();
  }

  /** Of a sample, with one degree of freedom less. */
  private static double deviation(double[] values) {
    double mean = sum(values) / values.length;
    double squares = 0;
    for (double value : values) {
      squares += (value - mean) * (value - mean);
    }
    return Math.sqrt(squares / (values.length - 1));
  }

  private static double sum(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    return sum;
  }

  private static double mean(double[][] items) {
    double sum = 0;
    for (double[] item : items) {
      sum += item[0];
    }
    return sum / items.length;
  }

  private static double meanOfNumbers(double[][] items) {
    return Arrays.stream(items)
        .mapToDouble(item -> item[0])
        .filter(value -> !Double.isNaN(value))
        .average()
        .orElse(Double.NaN);
  }

  private static double median(double[][] items) {
    double[] sorted = firsts(items);
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  private static double weightedMean(double[][] items) {
    double sum = 0;
    double weights = 0;
    for (double[] item : items) {
      sum += item[0];
      weights += item[1];
    }
    return sum / weights;
  }

  private static double f1(double[][] items) {
    int both = 0;
    int either = 0;
    for (double[] item : items) {
      requireBinary(item);
      both += item[0] == 1 && item[1] == 1 ? 1 : 0;
      either += (int) (item[0] + item[1]);
    }
    return either == 0 ? 0 : 2.0 * both / either;
  }

  private static void requireBinary(double[] labels) {
    for (double label : labels) {
      if (label != 0 && label != 1) {
        throw new UserException(
            "metric f1: label %d, where it is of two choices, 0 and 1; use acc or mcc"
                .formatted((long) label));
      }
    }
  }

  private static double correlation(double[][] items) {
    Map<Double, double[]> classes = new HashMap<>();
    double right = 0;
    for (double[] item : items) {
      classes.computeIfAbsent(item[0], _ -> new double[2])[0]++;
      classes.computeIfAbsent(item[1], _ -> new double[2])[1]++;
      right += item[0] == item[1] ? 1 : 0;
    }
    double together = 0;
    double golds = 0;
    double predictions = 0;
    for (double[] counts : classes.values()) {
      together += counts[0] * counts[1];
      golds += counts[0] * counts[0];
      predictions += counts[1] * counts[1];
    }
    double all = (double) items.length * items.length;
    double scale = (all - golds) * (all - predictions);
    return scale == 0 ? 0 : (right * items.length - together) / Math.sqrt(scale);
  }

  private static double brier(double[][] items) {
    double sum = 0;
    for (double[] item : items) {
      for (int i = 1; i < item.length; i++) {
        double miss = item[i] - (i - 1 == item[0] ? 1 : 0);
        sum += miss * miss;
      }
    }
    return sum / items.length;
  }
}
