package io.github.drprune.io;

import io.github.drprune.error.UserException;
import java.math.BigDecimal;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * A positive number of bytes, as users write it: {@code 5GB} is 5 * 10^9, {@code 5GiB} 5 * 2^30.
 */
public record ByteSize(long bytes) {
  private static final Pattern FORM =
      Pattern.compile("(\\d{1,15}(?:\\.\\d{1,9})?)\\s*([kmgt]?)(i?)b?", Pattern.CASE_INSENSITIVE);

  public ByteSize {
    if (bytes <= 0) {
      throw new UserException("size %d: expected more than 0 bytes".formatted(bytes));
    }
  }

  /** Reads {@code 500MB}, {@code 1.5GiB}, {@code 4096}; anything else is the user's mistake. */
  public static ByteSize parse(String text) {
    var match = FORM.matcher(text.strip());
    boolean binary = match.matches() && !match.group(3).isEmpty();
    if (!match.matches() || binary && match.group(2).isEmpty()) {
      throw new UserException(
          "size '%s': expected for instance 5GB, 500MB or 2GiB".formatted(text));
    }
    int power = " kmgt".indexOf((match.group(2) + " ").toLowerCase(Locale.ROOT).charAt(0));
    var unit = BigDecimal.valueOf(binary ? 1024 : 1000).pow(power);
    try {
      return new ByteSize(
          new BigDecimal(match.group(1)).multiply(unit).toBigInteger().longValueExact());
    } catch (ArithmeticException e) {
      throw new UserException("size '%s' is beyond what a file can have".formatted(text), e);
    }
  }

  /** The size in the largest decimal unit it reaches, for people: {@code 1.5 GB}. */
  @Override
  public String toString() {
    String[] units = {"B", "kB", "MB", "GB", "TB"};
    int unit = 0;
    double value = bytes;
    while (value >= 999.95 && unit < units.length - 1) {
      value /= 1000;
      unit++;
    }
    return unit == 0 ? bytes + " B" : String.format(Locale.ROOT, "%.1f %s", value, units[unit]);
  }
}
