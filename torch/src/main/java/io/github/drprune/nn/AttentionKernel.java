package io.github.drprune.nn;

import io.github.drprune.libtorch.Ops;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Softmax attention over heads. */
@FunctionalInterface
public interface AttentionKernel {
  /** The library's own kernel, and plain operations where scores are capped: the oracle. */
  AttentionKernel REFERENCE = AttentionKernel::plain;

  /**
   * {@code softmax(scores) v}, [B, heads, T, d].
   *
   * @param q [B, heads, T, d]
   * @param k [B, kv heads, S, d], as is v; each serves heads / kv heads query heads
   * @param causal the queries are of the last T of the S positions, and each sees the keys up to
   *     its own, as far back as the window of {@code scoring} reaches; otherwise all
   */
  Tensor attend(Tensor q, Tensor k, Tensor v, boolean causal, Scoring scoring);

  /** As the other, with scores {@code q k^T / sqrt(d)} and no window. */
  default Tensor attend(Tensor q, Tensor k, Tensor v, boolean causal) {
    return attend(q, k, v, causal, Scoring.plain(q.size(3)));
  }

  private static Tensor plain(Tensor q, Tensor k, Tensor v, boolean causal, Scoring scoring) {
    boolean partly = causal && (scoring.hides(k.size(2)) || q.size(2) < k.size(2));
    if (scoring.cap().isPresent()) {
      Tensor seen = causal ? visible(q, k, scoring) : null;
      return capped(q, k, v, seen, scoring.scale(), scoring.cap().getAsDouble());
    }
    return partly
        ? Ops.attention(q, k, v, visible(q, k, scoring), scoring.scale())
        : Ops.attention(q, k, v, causal, scoring.scale());
  }

  /** Which keys each query sees, bool [T, S]. */
  private static Tensor visible(Tensor q, Tensor k, Scoring scoring) {
    long before = k.size(2) - q.size(2);
    Tensor visible = Ops.ones(q, ScalarType.Bool, q.size(2), k.size(2)).tril(before);
    return scoring.hides(k.size(2))
        ? visible.triu(before + 1 - scoring.window().getAsInt())
        : visible;
  }

  private static Tensor capped(
      Tensor q, Tensor k, Tensor v, Tensor visible, double scale, double cap) {
    long group = q.size(1) / k.size(1);
    Tensor grouped = q.reshape(q.size(0), k.size(1), group * q.size(2), q.size(3));
    Tensor products = grouped.matmul(k.transpose(2, 3)).to(ScalarType.Float);
    Tensor scores = Ops.mul(Ops.mul(products, scale / cap).tanh(), cap);
    if (visible != null) {
      scores =
          scores
              .view(q.size(0), k.size(1), group, q.size(2), k.size(2))
              .masked_fill(visible.logical_not(), new Scalar(Double.NEGATIVE_INFINITY))
              .view(scores.shape());
    }
    return Ops.softmax(scores).to(v.scalar_type()).matmul(v).view(q.shape());
  }
}
