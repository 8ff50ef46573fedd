package io.github.drprune.template;

/**
 * A string that {@code safe} or {@code escape} made: what is added to it is escaped for HTML, even
 * though nothing else is. Templates that write {@code value | safe + more} depend on it.
 */
record Markup(String text) {
  /** A value as its plain string, where it is one of these. */
  static Object plain(Object value) {
    return value instanceof Markup markup ? markup.text : value;
  }

  /** {@code escape(value)}: escaped unless it is safe already. */
  static String escaped(Context context, Object value) {
    return value instanceof Markup markup ? markup.text : escaped(context.values.str(value));
  }

  static String escaped(String text) {
    return text.replace("&", "&amp;")
        .replace(">", "&gt;")
        .replace("<", "&lt;")
        .replace("'", "&#39;")
        .replace("\"", "&#34;");
  }

  /** A result as it is of a safe string. */
  static Object like(Object result) {
    return result instanceof String text ? new Markup(text) : result;
  }
}
