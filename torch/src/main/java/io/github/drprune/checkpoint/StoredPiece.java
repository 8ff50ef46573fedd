package io.github.drprune.checkpoint;

import io.github.drprune.safetensors.Dtype;
import io.github.drprune.safetensors.TensorSpec;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Elements of a float32 tensor as a file has them: all of them under the tensor's name and in its
 * shape, some of them in one dimension under {@code NAME[FROM:TO]}, the index of the first and that
 * after the last.
 *
 * @param tensor its name
 * @param from index of the first element
 * @param spec of what the file has
 */
record StoredPiece(String tensor, long from, TensorSpec spec) {
  private static final Pattern PART = Pattern.compile("(.+)\\[(\\d{1,18}):\\d{1,18}]");

  /**
   * @param shape of the whole tensor
   * @param length how many elements it has
   */
  static StoredPiece of(String tensor, long[] shape, long from, long length) {
    TensorSpec whole = TensorSpec.of(tensor, Dtype.F32, shape);
    TensorSpec spec =
        length == whole.elements()
            ? whole
            : TensorSpec.of(tensor + "[" + from + ":" + (from + length) + "]", Dtype.F32, length);
    return new StoredPiece(tensor, from, spec);
  }

  /** What {@code spec} in a file says that it is. */
  static StoredPiece of(TensorSpec spec) {
    Matcher part = PART.matcher(spec.name());
    return part.matches()
        ? new StoredPiece(part.group(1), Long.parseLong(part.group(2)), spec)
        : new StoredPiece(spec.name(), 0, spec);
  }

  long length() {
    return spec.elements();
  }

  /** Index after the last element. */
  long end() {
    return from + length();
  }

  /** Whether it can be of a tensor of {@code shape}. */
  boolean fits(long[] shape) {
    return equals(of(tensor, shape, from, length()));
  }
}
