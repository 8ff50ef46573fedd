package io.github.drprune.config.binding;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Gives a configuration's keys other defaults where one of them is given a certain value. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface DefaultsWhere {
  /** The key that they go by. */
  String key();

  /** That key's value, written as on the command line. */
  String value();

  /** As {@link Inline#defaults}. */
  String[] defaults();
}
