package io.github.drprune.json;

import java.util.Collection;
import java.util.Map;
import java.util.Objects;

/** What a record that is read from a file cannot do without. */
public final class Parts {
  private Parts() {}

  /**
   * For a record's constructor, whose refusal {@link Json} tells with the file.
   *
   * @param key as the file has it
   * @throws IllegalArgumentException where {@code value} is null, or a value in it is
   */
  public static void require(String key, Object value) {
    if (value == null) {
      throw new IllegalArgumentException("'%s' is missing".formatted(key));
    }
    boolean holdsNull =
        switch (value) {
          case Map<?, ?> map -> map.values().stream().anyMatch(Objects::isNull);
          case Collection<?> list -> list.stream().anyMatch(Objects::isNull);
          default -> false;
        };
    if (holdsNull) {
      throw new IllegalArgumentException("'%s' holds null".formatted(key));
    }
  }
}
