package io.github.drprune.nn;

import io.github.drprune.libtorch.Ops;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Two products for a single query, as generation has them: the library's kernel wakes all threads
 * for each, which takes longer than its work.
 *
 * @param product the type to multiply in
 * @param several attends with more queries
 */
record SingleQueryAttention(ScalarType product, AttentionKernel several)
    implements AttentionKernel {
  @Override
  public Tensor attend(Tensor q, Tensor k, Tensor v, boolean causal, Scoring scoring) {
    if (q.size(2) > 1) {
      return several.attend(q, k, v, causal, scoring);
    }
    long heads = k.size(0) * k.size(1);
    long group = q.size(1) / k.size(1);
    long d = q.size(3);
    // A causal single query is the first position and its only key.
    Tensor queries = Ops.mul(q.to(product).reshape(heads, group, d), scoring.scale());
    Tensor keys = k.to(product).reshape(heads, k.size(2), d);
    Tensor values = v.to(product).reshape(heads, v.size(2), d);
    Tensor scores = queries.bmm(keys.transpose(1, 2)); // [heads, group, S]
    if (scoring.cap().isPresent()) {
      double cap = scoring.cap().getAsDouble();
      scores = Ops.mul(Ops.mul(scores, 1 / cap).tanh(), cap);
    }
    Tensor weights = Ops.softmax(scores);
    return weights.bmm(values).to(q.scalar_type()).view(q.shape());
  }
}
