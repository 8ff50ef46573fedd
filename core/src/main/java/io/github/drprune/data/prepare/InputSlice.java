package io.github.drprune.data.prepare;

/**
 * A piece of an input file, for the pieces to be read by processes that know nothing of each other:
 * of JSON lines those that begin in it, of Parquet the row groups and of ORC the stripes that do.
 * Of any other file there is one piece, the whole.
 *
 * @param from first byte
 * @param to one past the last
 */
public record InputSlice(InputFile file, long from, long to) {
  public InputSlice {
    if (from < 0 || to < from) {
      throw new IllegalArgumentException("bytes [%d, %d) of %s".formatted(from, to, file.name()));
    }
  }

  /** All of a file, also what has been added since it was found. */
  static InputSlice whole(InputFile file) {
    return new InputSlice(file, 0, Long.MAX_VALUE);
  }

  boolean isWhole() {
    return from == 0 && to >= file.bytes();
  }

  /** Bytes of the file on the disk that are in it. */
  long bytes() {
    return Math.min(to, file.bytes()) - Math.min(from, file.bytes());
  }

  /** The piece's beginning as a share of the file. */
  double begin() {
    return share(from);
  }

  /** The piece's end as a share of the file. */
  double end() {
    return share(to);
  }

  private double share(long at) {
    return at == 0 ? 0 : at >= file.bytes() ? 1 : (double) at / file.bytes();
  }
}
