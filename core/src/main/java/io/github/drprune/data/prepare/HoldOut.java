package io.github.drprune.data.prepare;

import io.github.drprune.data.Split;

/**
 * Decides by a hash of its content whether a document is held out, so that the decision needs no
 * state, and copies of a document are always on the same side.
 *
 * @param fraction of documents held out
 */
record HoldOut(double fraction) {
  private static final long MULTIPLIER = 0x9E3779B97F4A7C15L;

  Split splitOf(String text) {
    if (fraction == 0) {
      return Split.TRAIN;
    }
    long hash = text.length();
    for (int i = 0; i < text.length(); i++) {
      hash = (hash ^ text.charAt(i)) * MULTIPLIER;
      hash ^= hash >>> 32;
    }
    return splitOf(hash);
  }

  Split splitOf(int[] tokens) {
    if (fraction == 0) {
      return Split.TRAIN;
    }
    long hash = tokens.length;
    for (int token : tokens) {
      hash = (hash ^ token) * MULTIPLIER;
      hash ^= hash >>> 32;
    }
    return splitOf(hash);
  }

  private Split splitOf(long hash) {
    double uniform = ((hash * MULTIPLIER) >>> 11) * 0x1p-53;
    return uniform < fraction ? Split.EVAL : Split.TRAIN;
  }
}
