package io.github.drprune.template;

/** Counts what one rendering does, and stops it at a limit. */
final class Work {
  private static final int CLOCK_EVERY = 1024;

  private final TemplateLimits limits;
  private final long deadline;
  private long steps;
  private long output;
  private long made;
  private int depth;

  Work(TemplateLimits limits) {
    this.limits = limits;
    this.deadline = System.nanoTime() + limits.time().toNanos();
  }

  /** One turn of a loop, one expression. */
  void step() {
    if (++steps > limits.steps()) {
      throw stopped("more than %d steps".formatted(limits.steps()));
    }
    if (steps % CLOCK_EVERY == 0 && System.nanoTime() - deadline > 0) {
      throw stopped("more than %d ms".formatted(limits.time().toMillis()));
    }
  }

  /** Characters of the result. */
  void output(long characters) {
    output += characters;
    if (output > limits.output()) {
      throw stopped("more than %d characters of output".formatted(limits.output()));
    }
  }

  /** Characters or items about to be made. */
  void make(long size) {
    made += size;
    if (made > limits.made() || size < 0) {
      throw stopped("values of more than %d characters and items".formatted(limits.made()));
    }
  }

  /** A product of two sizes about to be made. */
  void make(long count, long size) {
    make(Math.multiplyHigh(count, size) == 0 ? count * size : -1);
  }

  /** One level further in, until {@link #leave}. */
  void enter() {
    if (++depth > limits.depth()) {
      throw stopped("more than %d levels of macros, loops or values".formatted(limits.depth()));
    }
  }

  void leave() {
    depth--;
  }

  private static TemplateException stopped(String what) {
    return new TemplateException(
        TemplateException.Reason.LIMIT, "the template was stopped: it takes " + what);
  }
}
