package io.github.drprune.tasks.file;

import io.github.drprune.error.UserException;
import io.github.drprune.json.Suggestion;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The keys of a task file, or of a part of it; what is wrong is told with file and key.
 *
 * @param place the file and, where it is a part, the key that it stands under
 */
public record Keys(String place, Map<String, Object> values) {
  /** The part under {@code key}, which must be keys with values. */
  static Keys of(String place, String key, Object value) {
    if (!(value instanceof Map<?, ?> map)) {
      throw wrong(place, key, "must be keys with values", value);
    }
    Map<String, Object> values = new LinkedHashMap<>();
    map.forEach((name, element) -> values.put(String.valueOf(name), element));
    return new Keys("%s: %s".formatted(place, key), values);
  }

  /** The mistake of a value that {@code key} cannot have. */
  public UserException wrong(String key, String expected, Object value) {
    return wrong(place, key, expected, value);
  }

  private static UserException wrong(String place, String key, String expected, Object value) {
    return new UserException("%s: %s: %s, not %s".formatted(place, key, expected, value));
  }

  /** Something that the harness may do there and this program does not. */
  public UserException unsupported(String key, String problem) {
    return new UserException("%s: %s: %s".formatted(place, key, problem));
  }

  /** Refuses keys that are not among {@code known}. */
  void requireKnown(Set<String> known) {
    for (String key : values.keySet()) {
      if (!known.contains(key)) {
        throw new UserException(
            "%s: unknown key '%s'%s".formatted(place, key, Suggestion.among(key, known)));
      }
    }
  }

  public boolean has(String key) {
    return values.get(key) != null;
  }

  /** The value of {@code key}, null where it has none. */
  public Object value(String key) {
    return values.get(key);
  }

  public Optional<String> text(String key) {
    return switch (values.get(key)) {
      case null -> Optional.empty();
      case String text -> Optional.of(text);
      case Object other -> throw wrong(key, "must be text", other);
    };
  }

  public String requiredText(String key) {
    return text(key)
        .orElseThrow(() -> new UserException("%s: %s: is missing".formatted(place, key)));
  }

  public Optional<Boolean> flag(String key) {
    return switch (values.get(key)) {
      case null -> Optional.empty();
      case Boolean flag -> Optional.of(flag);
      case Object other -> throw wrong(key, "must be true or false", other);
    };
  }

  /** A whole number of at least {@code least}. */
  public Optional<Integer> number(String key, int least) {
    return switch (values.get(key)) {
      case null -> Optional.empty();
      case Long number when number >= least && number <= Integer.MAX_VALUE ->
          Optional.of(number.intValue());
      case Object other -> throw wrong(key, "must be a whole number of at least " + least, other);
    };
  }

  public Optional<FunctionName> function(String key) {
    return switch (values.get(key)) {
      case null -> Optional.empty();
      case FunctionName function -> Optional.of(function);
      case Object other -> throw wrong(key, "must be a !function", other);
    };
  }

  /** Texts, of which a single one need not be in a list. */
  public List<String> texts(String key) {
    List<String> texts = new ArrayList<>();
    for (Object element : list(key)) {
      if (!(element instanceof String text)) {
        throw wrong(key, "must be text or a list of texts", values.get(key));
      }
      texts.add(text);
    }
    return texts;
  }

  /** Elements, of which a single one need not be in a list. */
  public List<?> list(String key) {
    return switch (values.get(key)) {
      case null -> List.of();
      case List<?> list -> list;
      case Object single -> List.of(single);
    };
  }

  /** Parts, of which a single one need not be in a list. */
  public List<Keys> parts(String key) {
    return list(key).stream().map(part -> of(place, key, part)).toList();
  }

  /** The part under {@code key}, without any keys where there is none. */
  public Keys part(String key) {
    Object part = values.get(key);
    return part == null ? new Keys(place + ": " + key, Map.of()) : of(place, key, part);
  }
}
