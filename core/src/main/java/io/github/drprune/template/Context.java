package io.github.drprune.template;

/** What one rendering works with. */
final class Context {
  final TemplateOptions options;
  final Work work;
  final Values values;
  final Arithmetic arithmetic;
  final Access access;

  Context(TemplateOptions options) {
    this.options = options;
    this.work = new Work(options.limits());
    this.values = new Values(work);
    this.arithmetic = new Arithmetic(this);
    this.access = new Access(this);
  }

  Undefined undefined(String format, Object... arguments) {
    return new Undefined(format.formatted(arguments), options.strictUndefined());
  }

  Object call(Object callee, Arguments arguments) {
    return switch (callee) {
      case Callable function -> function.call(this, arguments);
      case Loop loop -> loop.recurse(arguments);
      case Undefined undefined -> throw undefined.used();
      case null, default ->
          throw TemplateException.value("'%s' object is not callable", Values.typeName(callee));
    };
  }

  /** The value of a string that was just made, its size counted. */
  String made(String text) {
    work.make(text.length());
    return text;
  }
}
