package io.github.drprune.run;

import java.util.List;
import java.util.Map;

/** What must hold of an event's numbers before a page or another run is made of them. */
final class EventChecks {
  /** Units of a module in all rows together, far beyond those of any model. */
  private static final long MOST_UNITS = 20_000_000;

  private EventChecks() {}

  /** A value that every event of the kind has. */
  static void present(String key, Object value) {
    check(value != null, key, "is missing");
  }

  /** A value for each name. */
  static void values(String key, Map<String, ?> map) {
    check(map != null, key, "is missing");
    map.forEach((name, value) -> check(value != null, key + "." + name, "has no value"));
  }

  /** Numbers, where there are any. */
  static void numbers(String key, List<Double> numbers) {
    if (numbers != null) {
      for (Double number : numbers) {
        check(number != null, key, "expected numbers, found null");
      }
    }
  }

  /** Rows of numbers in [0, 1], where there are any. */
  static void shares(String key, List<List<Double>> rows) {
    if (rows != null) {
      for (List<Double> row : rows) {
        check(row != null, key, "expected lists of numbers, found null");
        for (Double share : row) {
          check(
              share != null && share >= 0 && share <= 1,
              key,
              "expected numbers from 0 to 1, found " + share);
        }
      }
    }
  }

  /** Rows of indices of units, by module, where there are any. */
  static void units(String key, Map<String, List<List<Integer>>> modules) {
    if (modules == null) {
      return;
    }
    values(key, modules);
    modules.forEach(
        (module, rows) -> {
          String where = key + "." + module;
          for (List<Integer> row : rows) {
            check(row != null, where, "expected lists of units, found null");
            for (Integer unit : row) {
              check(
                  unit != null && unit >= 0 && (unit + 1L) * rows.size() <= MOST_UNITS,
                  where,
                  "expected indices of units, found " + unit);
            }
          }
        });
  }

  private static void check(boolean holds, String key, String why) {
    if (!holds) {
      throw new IllegalArgumentException(key + ": " + why);
    }
  }
}
