package io.github.drprune.nn;

import io.github.drprune.data.Batch;
import io.github.drprune.libtorch.Ops;
import io.github.drprune.libtorch.Tensors;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The tokens that a model is to predict, each from those before it in its row: all but a row's
 * first, or some of these. It lives in the scope it was made in.
 */
public final class Targets {
  private final Tensor tokens; // [B, T]
  private final Tensor positions; // [n] in [B, T - 1] flattened; null where all are predicted
  private final SoftTargets soft; // null without a teacher
  private final Segments segments;

  private Targets(Tensor tokens, Tensor positions, SoftTargets soft, Segments segments) {
    this.tokens = tokens;
    this.positions = positions;
    this.soft = soft;
    this.segments = segments;
  }

  /**
   * Every token of a row but the first.
   *
   * @param tokens [B, T], int64
   */
  public static Targets all(Tensor tokens) {
    return new Targets(tokens, null, null, Segments.NONE);
  }

  /**
   * Some tokens.
   *
   * @param tokens [B, T], int64
   * @param counted [B, T], true where a token is predicted; what it says of a row's first token
   *     does not matter
   */
  public static Targets of(Tensor tokens, Tensor counted) {
    Tensor flat = counted.narrow(1, 1, tokens.size(1) - 1).reshape(-1);
    return new Targets(tokens, flat.nonzero().squeeze(1), null, Segments.NONE);
  }

  /** The tokens that count in {@code batch}, on {@code device}. */
  public static Targets of(Batch batch, Device device) {
    Tensor tokens =
        Tensors.over(batch.tokens(), ScalarType.Long, batch.rows(), batch.seqLen())
            .to(device, ScalarType.Long);
    Segments segments = Segments.of(batch);
    if (batch.counted() == null) {
      return new Targets(tokens, null, null, segments);
    }
    Tensor counted =
        Tensors.over(batch.counted(), ScalarType.Bool, batch.rows(), batch.seqLen())
            .to(device, ScalarType.Bool);
    return new Targets(tokens, of(tokens, counted).positions, null, segments);
  }

  /** The texts that rows are made of. */
  public Segments segments() {
    return segments;
  }

  /** The same tokens, and what a teacher makes of them. */
  public Targets with(SoftTargets teacher) {
    return new Targets(tokens, positions, teacher, segments);
  }

  /** All tokens, [B, T]. */
  public Tensor tokens() {
    return tokens;
  }

  /** How many tokens are predicted. */
  public long count() {
    return positions == null ? tokens.size(0) * (tokens.size(1) - 1) : positions.size(0);
  }

  /** What a teacher makes of the tokens; null without one. */
  SoftTargets soft() {
    return soft;
  }

  /** The tokens predicted, [n], row by row. */
  Tensor ids() {
    return selected(tokens.narrow(1, 1, tokens.size(1) - 1).reshape(-1));
  }

  /** Of [B, T, hidden] the states that predict them, [n, hidden]. */
  Tensor states(Tensor hidden) {
    return selected(hidden.narrow(1, 0, hidden.size(1) - 1).reshape(-1, hidden.size(2)));
  }

  private Tensor selected(Tensor rows) {
    return positions == null ? rows : rows.index_select(0, positions);
  }

  /** Values of the tokens predicted, [n, ..], as [B, T - 1, ..] with zeros for the others. */
  Tensor spread(Tensor values) {
    long[] shape = values.shape();
    long[] spread = new long[shape.length + 1];
    System.arraycopy(shape, 1, spread, 2, shape.length - 1);
    spread[0] = tokens.size(0);
    spread[1] = tokens.size(1) - 1;
    if (positions == null) {
      return values.view(spread);
    }
    shape[0] = spread[0] * spread[1];
    return Ops.zeros(values, values.scalar_type(), shape)
        .index_copy_(0, positions, values)
        .view(spread);
  }
}
