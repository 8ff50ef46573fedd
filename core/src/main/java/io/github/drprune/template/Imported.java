package io.github.drprune.template;

import io.github.drprune.error.Unusable;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Callers' values as templates hold them. */
record Imported(Work work) {
  /** A caller's value as templates hold it; maps and lists are copied. */
  Object of(Object value) {
    work.enter();
    Object imported =
        switch (value) {
          case null -> null;
          case Boolean _, Long _, Double _, Unusable _ -> value;
          case String text -> text;
          case Integer number -> number.longValue();
          case Short number -> number.longValue();
          case Byte number -> number.longValue();
          case BigInteger number -> Arithmetic.integer(number);
          case Float number -> number.doubleValue();
          case BigDecimal number -> number.doubleValue();
          case Map<?, ?> map -> {
            work.make(map.size());
            Map<Object, Object> copy = LinkedHashMap.newLinkedHashMap(map.size());
            map.forEach((key, item) -> copy.put(of(key), of(item)));
            yield copy;
          }
          case Iterable<?> items -> {
            List<Object> copy = new ArrayList<>();
            for (Object item : items) {
              work.make(1);
              copy.add(of(item));
            }
            yield copy;
          }
          default ->
              throw new IllegalArgumentException(
                  "templates take no values of " + value.getClass().getName());
        };
    work.leave();
    return imported;
  }
}
