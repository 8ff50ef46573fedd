package io.github.drprune.config.binding;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Makes a record's component a key of the configuration, in snake_case. A key without a default
 * must be given unless its type is an {@code Optional}, a list, a map or a record of keys. The
 * bounds hold for a number, for each number of a list or map, and for an optional one that is
 * present.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Key {
  /** What the key means, in a sentence for the reference page. */
  String doc();

  /** The default, written as on the command line. */
  String value() default "";

  double min() default Double.NEGATIVE_INFINITY;

  double max() default Double.POSITIVE_INFINITY;

  /** A bound that itself is not allowed. */
  double above() default Double.NEGATIVE_INFINITY;

  /** A bound that itself is not allowed. */
  double below() default Double.POSITIVE_INFINITY;

  /** The regular expression that a text must match. */
  String pattern() default "";

  /** What {@link #pattern} allows, in words for messages and the reference page. */
  String form() default "";
}
