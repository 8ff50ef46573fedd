package io.github.drprune.template;

/**
 * A piece of a template's source.
 *
 * @param value the text, or the value of a literal
 * @param line where it begins, counted from 1
 */
record Token(Type type, Object value, int line) {
  enum Type {
    DATA,
    VARIABLE_BEGIN,
    VARIABLE_END,
    BLOCK_BEGIN,
    BLOCK_END,
    NAME,
    STRING,
    NUMBER,
    OPERATOR,
    END
  }

  boolean is(Type other, String text) {
    return type == other && value.equals(text);
  }

  boolean isName(String name) {
    return is(Type.NAME, name);
  }

  boolean isOperator(String operator) {
    return is(Type.OPERATOR, operator);
  }

  /** As a message names it. */
  String described() {
    return switch (type) {
      case END -> "end of template";
      case VARIABLE_END -> "'}}'";
      case BLOCK_END -> "'%}'";
      case STRING -> "a string";
      default -> "'" + value + "'";
    };
  }
}
