package io.github.drprune.report;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Locale;

/** How the report writes numbers. */
final class Figures {
  /** Six significant digits: finer than any screen shows, a third of the size. */
  private static final MathContext STORED = new MathContext(6);

  private Figures() {}

  /** {@code value} as the page stores it. */
  static double rounded(double value) {
    return Double.isFinite(value) ? new BigDecimal(value).round(STORED).doubleValue() : value;
  }

  /** "1.24 billion", "410 million", "12,300". */
  static String count(double value) {
    if (value >= 1e12) {
      return scaled(value, 1e12) + " trillion";
    }
    if (value >= 1e9) {
      return scaled(value, 1e9) + " billion";
    }
    if (value >= 1e6) {
      return scaled(value, 1e6) + " million";
    }
    return String.format(Locale.ROOT, "%,d", Math.round(value));
  }

  /** Three significant digits. */
  static String three(double value) {
    if (!Double.isFinite(value)) {
      return "not finite";
    }
    return Math.abs(value) >= 1000
        ? String.format(Locale.ROOT, "%,.0f", value)
        : new BigDecimal(value).round(new MathContext(3)).toPlainString();
  }

  /** "3 h 5 min", "42 s". */
  static String duration(double seconds) {
    long whole = Math.round(seconds);
    if (whole < 60) {
      return whole + " s";
    }
    if (whole < 3600) {
      return whole / 60 + " min " + whole % 60 + " s";
    }
    if (whole < 48 * 3600) {
      return whole / 3600 + " h " + whole % 3600 / 60 + " min";
    }
    return whole / 86400 + " days " + whole % 86400 / 3600 + " h";
  }

  /** "12 %", with a space that does not break. */
  static String percent(double share) {
    return Math.round(100 * share) + "\u00a0%";
  }

  private static String scaled(double value, double unit) {
    return three(value / unit);
  }
}
