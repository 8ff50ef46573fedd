package io.github.drprune.io;

import java.math.BigDecimal;
import java.util.Locale;

/** Large numbers as users write them: {@code 1345423360}, {@code 370M}, {@code 1.3B}. */
public final class SuffixedNumber {
  private static final String SUFFIXES = "KMBT";

  private SuffixedNumber() {}

  /**
   * Reads a number, perhaps with a suffix for thousands, millions, billions or trillions.
   *
   * @throws NumberFormatException where it is none
   */
  public static BigDecimal parse(String text) {
    String upper = text.strip().toUpperCase(Locale.ROOT);
    int power = upper.isEmpty() ? 0 : 3 * (1 + SUFFIXES.indexOf(upper.charAt(upper.length() - 1)));
    String digits = power == 0 ? upper : upper.substring(0, upper.length() - 1);
    return new BigDecimal(digits).scaleByPowerOfTen(power);
  }
}
