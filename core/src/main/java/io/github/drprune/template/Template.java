package io.github.drprune.template;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A compiled Jinja template. It is immutable; several threads may render it at once. */
public final class Template {
  /** Far above any template's, and what is parsed stays small. */
  private static final int LONGEST_SOURCE = 2_000_000;

  private final List<Statement> body;
  private final TemplateOptions options;

  private Template(List<Statement> body, TemplateOptions options) {
    this.body = body;
    this.options = options;
  }

  /** Compiles {@code source}; a mistake in it is a {@link TemplateException} with its line. */
  public static Template compile(String source, TemplateOptions options) {
    if (source.length() > LONGEST_SOURCE) {
      throw new TemplateException(
          TemplateException.Reason.SYNTAX,
          "the template has more than %d characters".formatted(LONGEST_SOURCE));
    }
    return new Template(Parser.parse(source, options), options);
  }

  /**
   * Renders with {@code variables}: null, Boolean, numbers, String, List and Map of these.
   *
   * @throws TemplateException when the template refuses the values, fails on them or goes too far
   */
  public String render(Map<String, ?> variables) {
    return renderMarked(variables).text();
  }

  /** {@link #render} that also says what {@code {% generation %}} enclosed. */
  public Rendered renderMarked(Map<String, ?> variables) {
    var context = new Context(options);
    Map<String, Object> imported = new HashMap<>();
    var values = new Imported(context.work);
    variables.forEach((name, value) -> imported.put(name, values.of(value)));
    try {
      return new Renderer(context).render(body, Scope.outermost(imported));
    } catch (StackOverflowError e) {
      // The limit of depth counts macros and loops; expressions inside them can be deep as well.
      throw new TemplateException(
          TemplateException.Reason.LIMIT, "the template was stopped: it goes too deep");
    }
  }
}
