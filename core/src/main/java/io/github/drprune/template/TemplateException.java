package io.github.drprune.template;

/** A template that cannot be read, or that fails on the values it was given. */
public final class TemplateException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** What kind of failure it is. */
  public enum Reason {
    /** The source is not a template that this engine reads. */
    SYNTAX,
    /** The template called {@code raise_exception}: it does not take these values. */
    REFUSED,
    /** A value that is not there was used. */
    UNDEFINED,
    /** A value is not of the type or in the range that an operation needs. */
    VALUE,
    /** The template was stopped at one of {@link TemplateLimits}. */
    LIMIT
  }

  private final Reason reason;
  private final String problem;
  private final int line;

  TemplateException(Reason reason, String problem) {
    this(reason, problem, 0);
  }

  TemplateException(Reason reason, String problem, int line) {
    super(line == 0 ? problem : "line " + line + ": " + problem);
    this.reason = reason;
    this.problem = problem;
    this.line = line;
  }

  static TemplateException value(String format, Object... arguments) {
    return new TemplateException(Reason.VALUE, format.formatted(arguments));
  }

  /** This failure with the line it happened in, unless one is known. */
  TemplateException at(int place) {
    return line == 0 ? new TemplateException(reason, problem, place) : this;
  }

  /** What kind of failure it is. */
  public Reason reason() {
    return reason;
  }

  /** The message without the line. */
  public String problem() {
    return problem;
  }

  /** The line of the template, counted from 1; 0 where it is not known. */
  public int line() {
    return line;
  }
}
