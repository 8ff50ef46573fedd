package io.github.drprune.template;

/**
 * A value that is not there. Without {@code strict} it prints as nothing and loops over nothing.
 *
 * @param problem what is missing
 */
record Undefined(String problem, boolean strict) {
  TemplateException used() {
    return new TemplateException(TemplateException.Reason.UNDEFINED, problem);
  }

  /** Refuses a use that only the lenient kind allows. */
  void requireLenient() {
    if (strict) {
      throw used();
    }
  }
}
