package io.github.drprune.nn;

import io.github.drprune.libtorch.Ops;
import org.bytedeco.pytorch.Tensor;

/** Softmax attention over heads. */
@FunctionalInterface
public interface AttentionKernel {
  /** The library's own kernel, the oracle of the others. */
  AttentionKernel REFERENCE = Ops::attention;

  /**
   * {@code softmax(q k^T / sqrt(d)) v}, [B, heads, T, d].
   *
   * @param q [B, heads, T, d]
   * @param k [B, kv heads, S, d], as is v; each serves heads / kv heads query heads
   * @param causal position t sees the keys up to t (then T = S); otherwise all
   */
  Tensor attend(Tensor q, Tensor k, Tensor v, boolean causal);
}
