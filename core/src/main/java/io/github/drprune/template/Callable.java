package io.github.drprune.template;

/** A function, macro or bound method. */
@FunctionalInterface
interface Callable {
  Object call(Context context, Arguments arguments);
}
