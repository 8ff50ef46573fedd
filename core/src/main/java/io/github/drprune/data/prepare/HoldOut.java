package io.github.drprune.data.prepare;

import io.github.drprune.data.Split;
import java.io.IOException;
import java.io.Reader;

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
    var hash = new Hash(text.length());
    for (int i = 0; i < text.length(); i++) {
      hash.add(text.charAt(i));
    }
    return splitOf(hash);
  }

  /** As for the text held whole, of so many characters (UTF-16). */
  Split splitOf(long length, Reader text) throws IOException {
    if (fraction == 0) {
      return Split.TRAIN;
    }
    var hash = new Hash(length);
    char[] buffer = new char[1 << 13];
    for (int read = text.read(buffer); read >= 0; read = text.read(buffer)) {
      for (int i = 0; i < read; i++) {
        hash.add(buffer[i]);
      }
    }
    return splitOf(hash);
  }

  Split splitOf(int[] tokens) {
    if (fraction == 0) {
      return Split.TRAIN;
    }
    var hash = new Hash(tokens.length);
    for (int token : tokens) {
      hash.add(token);
    }
    return splitOf(hash);
  }

  private Split splitOf(Hash hash) {
    double uniform = ((hash.value * MULTIPLIER) >>> 11) * 0x1p-53;
    return uniform < fraction ? Split.EVAL : Split.TRAIN;
  }

  /** Of a document's length, then its elements. */
  private static final class Hash {
    private long value;

    private Hash(long length) {
      this.value = length;
    }

    private void add(int element) {
      value = (value ^ element) * MULTIPLIER;
      value ^= value >>> 32;
    }
  }
}
