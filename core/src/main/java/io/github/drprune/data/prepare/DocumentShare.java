package io.github.drprune.data.prepare;

/**
 * A part of all documents: those whose hash, uniform in [0, 1), is in [from, to). Parts that do not
 * overlap have no document in common.
 */
record DocumentShare(double from, double to) {
  static final DocumentShare WHOLE = new DocumentShare(0, 1);

  DocumentShare {
    if (!(from >= 0 && from < to && to <= 1)) {
      throw new IllegalArgumentException(
          "share: %s to %s is no part of 0 to 1; write FROM:TO, for instance 0:0.1"
              .formatted(from, to));
    }
  }

  /** Reads {@code FROM:TO}. */
  static DocumentShare parse(String text) {
    String[] ends = text.split(":", -1);
    if (ends.length == 2) {
      try {
        return new DocumentShare(Double.parseDouble(ends[0]), Double.parseDouble(ends[1]));
      } catch (NumberFormatException e) {
        // told below
      }
    }
    throw new IllegalArgumentException(
        "share: '%s' is not two numbers; write FROM:TO, for instance 0:0.1".formatted(text));
  }

  boolean isWhole() {
    return from == 0 && to == 1;
  }

  boolean contains(double hash) {
    return hash >= from && hash < to;
  }
}
