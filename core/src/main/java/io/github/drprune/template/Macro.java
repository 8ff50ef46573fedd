package io.github.drprune.template;

/** A macro with the scope it was defined in. */
record Macro(String name, Callable body) implements Callable {
  @Override
  public Object call(Context context, Arguments arguments) {
    context.work.enter();
    Object text = body.call(context, arguments);
    context.work.leave();
    return text;
  }
}
