package io.github.drprune.io;

import io.github.drprune.error.UserException;
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

  /**
   * A whole number above zero of what {@code unit} names, such as parameters or tokens.
   *
   * @param where begins the error
   */
  public static long count(String text, String where, String unit) {
    try {
      long count = parse(text).longValueExact();
      if (count > 0) {
        return count;
      }
    } catch (ArithmeticException | NumberFormatException e) {
      // Told below, as for a count that is not positive.
    }
    throw new UserException(
        "%s'%s' is not a number of %s; write it as 1345423360, 1.3B or 370M"
            .formatted(where, text, unit));
  }
}
