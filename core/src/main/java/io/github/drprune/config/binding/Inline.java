package io.github.drprune.config.binding;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** Makes the keys of a component that is a record keys of the record it stands in. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Inline {
  /**
   * Defaults that differ here from the component's own, as {@code key=value}; keys within keys are
   * joined with dots.
   */
  String[] defaults() default {};
}
