package io.github.drprune.template;

import java.util.List;

/**
 * A rendered template.
 *
 * @param generated what {@code {% generation %}} enclosed, in order
 * @param spansHold whether the spans say where in the text that is; not where it was rendered by a
 *     macro or into a variable
 */
public record Rendered(String text, List<Span> generated, boolean spansHold) {
  /** Characters [start, end) of a text, counted in UTF-16 units. */
  public record Span(int start, int end) {}

  public Rendered {
    generated = List.copyOf(generated);
  }
}
