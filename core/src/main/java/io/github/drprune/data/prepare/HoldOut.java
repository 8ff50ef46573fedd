package io.github.drprune.data.prepare;

import io.github.drprune.data.Split;
import java.io.IOException;
import java.io.Reader;

/**
 * Decides by a hash of its content whether a document is held out, and whether one for training is
 * taken, so that the decision needs no state, and copies of a document are always on the same side.
 *
 * @param fraction of documents held out
 * @param share of the documents for training that are taken
 */
record HoldOut(double fraction, DocumentShare share) {
  private static final long MULTIPLIER = 0x9E3779B97F4A7C15L;

  /** Of the documents of a preparation. */
  static HoldOut of(PrepareConfig config) {
    return new HoldOut(config.evalFraction(), config.documents());
  }

  /**
   * Where a document goes; null where it is left out.
   *
   * @param given the split that all of its file belong to; null to decide it here
   */
  Split splitOf(Split given, String text) {
    if (isDecided(given)) {
      return decided(given);
    }
    var hash = new Hash(text.length());
    for (int i = 0; i < text.length(); i++) {
      hash.add(text.charAt(i));
    }
    return splitOf(given, hash);
  }

  /** As for the text held whole, of so many characters (UTF-16). */
  Split splitOf(Split given, long length, Reader text) throws IOException {
    if (isDecided(given)) {
      return decided(given);
    }
    var hash = new Hash(length);
    char[] buffer = new char[1 << 13];
    for (int read = text.read(buffer); read >= 0; read = text.read(buffer)) {
      for (int i = 0; i < read; i++) {
        hash.add(buffer[i]);
      }
    }
    return splitOf(given, hash);
  }

  /** As for a text, of a document that is tokens already. */
  Split splitOf(Split given, int[] tokens) {
    if (isDecided(given)) {
      return decided(given);
    }
    var hash = new Hash(tokens.length);
    for (int token : tokens) {
      hash.add(token);
    }
    return splitOf(given, hash);
  }

  /** Whether the content does not matter. */
  private boolean isDecided(Split given) {
    return given == null
        ? fraction == 0 && share.isWhole()
        : given != Split.TRAIN || share.isWhole();
  }

  private static Split decided(Split given) {
    return given == null ? Split.TRAIN : given;
  }

  private Split splitOf(Split given, Hash hash) {
    double uniform = ((hash.value * MULTIPLIER) >>> 11) * 0x1p-53;
    double heldOut = given == null ? fraction : 0;
    if (uniform < heldOut) {
      return Split.EVAL;
    }
    // What is not held out is uniform over the rest.
    return share.contains((uniform - heldOut) / (1 - heldOut)) ? Split.TRAIN : null;
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
