package io.github.drprune.nn;

import io.github.drprune.data.Batch;
import io.github.drprune.libtorch.Ops;
import io.github.drprune.nn.Attention.Qkv;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;

/**
 * The texts that rows of tokens are made of: attention stays within each, and its positions begin
 * anew with it.
 *
 * @param rows of each row the lengths of its texts; empty where a row is one text
 */
public record Segments(List<List<Integer>> rows) {
  /** Rows of one text each. */
  public static final Segments NONE = new Segments(List.of());

  /** The texts in the rows of {@code batch}. */
  static Segments of(Batch batch) {
    if (batch.starts() == null) {
      return NONE;
    }
    List<List<Integer>> rows = new ArrayList<>();
    for (int row = 0; row < batch.rows(); row++) {
      List<Integer> lengths = new ArrayList<>();
      int from = 0;
      for (int i = 1; i <= batch.seqLen(); i++) {
        long place = (long) row * batch.seqLen() + i;
        if (i == batch.seqLen() || batch.starts().get(ValueLayout.JAVA_BYTE, place) == 1) {
          lengths.add(i - from);
          from = i;
        }
      }
      rows.add(lengths);
    }
    return new Segments(rows);
  }

  /** Whether a row is one text. */
  boolean isNone() {
    return rows.isEmpty();
  }

  /** What {@code attention} makes of each text by itself, put together again: [B, heads, T, d]. */
  Tensor each(Qkv whole, Function<Qkv, Tensor> attention) {
    List<Tensor> contexts = new ArrayList<>();
    for (int row = 0; row < rows.size(); row++) {
      List<Tensor> parts = new ArrayList<>();
      long from = 0;
      for (int length : rows.get(row)) {
        parts.add(
            attention.apply(
                new Qkv(
                    part(whole.q(), row, from, length),
                    part(whole.k(), row, from, length),
                    part(whole.v(), row, from, length))));
        from += length;
      }
      contexts.add(Ops.concatenate(parts, 2));
    }
    return Ops.concatenate(contexts, 0);
  }

  private static Tensor part(Tensor x, long row, long from, long length) {
    return x.narrow(0, row, 1).narrow(2, from, length);
  }
}
