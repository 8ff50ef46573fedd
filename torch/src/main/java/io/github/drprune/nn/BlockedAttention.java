package io.github.drprune.nn;

import io.github.drprune.libtorch.CustomOperation;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.Ops;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The library's forward pass with a backward pass of batched products over blocks of queries, which
 * skip the keys after them. Only q, k and v are kept; scores are computed again, for a bounded
 * number of heads at a time.
 *
 * @param product the type to multiply in
 * @param block queries at a time
 */
record BlockedAttention(ScalarType product, long block) implements AttentionKernel {
  /** Scores held at a time, which bounds memory at any length. */
  private static final long SCORES = 1 << 23;

  @Override
  public Tensor attend(Tensor q, Tensor k, Tensor v, boolean causal) {
    Tensor context;
    try (var scope = NativeScope.open();
        var _ = NoGrad.open()) {
      context =
          scope.pass(
              PLAIN
                  .attend(q.to(product), k.to(product), v.to(product), causal)
                  .to(q.scalar_type()));
    }
    return CustomOperation.record(context, List.of(q, k, v), dy -> backward(dy, q, k, v, causal));
  }

  private Tensor[] backward(Tensor dy, Tensor q, Tensor k, Tensor v, boolean causal) {
    long heads = k.size(0) * k.size(1);
    long group = q.size(1) / k.size(1);
    var pass =
        new Pass(
            grouped(q, heads, group),
            keys(k, heads),
            keys(v, heads),
            grouped(dy, heads, group),
            Ops.empty(q, q.scalar_type(), heads, group, q.size(2), q.size(3)),
            Ops.empty(k, k.scalar_type(), heads, k.size(2), k.size(3)),
            Ops.empty(v, v.scalar_type(), heads, v.size(2), v.size(3)),
            causal ? hidden(q) : null);
    long atOnce = Math.clamp(SCORES / (group * Math.min(block, q.size(2)) * k.size(2)), 1, heads);
    for (long from = 0; from < heads; from += atOnce) {
      try (var _ = NativeScope.open()) {
        backward(pass.heads(from, Math.min(atOnce, heads - from)));
      }
    }
    return new Tensor[] {pass.dq.view(q.shape()), pass.dk.view(k.shape()), pass.dv.view(v.shape())};
  }

  /** [B, heads, T, d] as [B x kv heads, heads of a group, T, d]. */
  private Tensor grouped(Tensor x, long heads, long group) {
    return x.to(product).reshape(heads, group, x.size(2), x.size(3));
  }

  private Tensor keys(Tensor x, long heads) {
    return x.to(product).reshape(heads, x.size(2), x.size(3));
  }

  /** Minus infinity at the keys after each query of a block, else 0, [block, block]. */
  private Tensor hidden(Tensor q) {
    long size = Math.min(block, q.size(2));
    return Ops.zeros(q, product, size, size).fill_(new Scalar(Double.NEGATIVE_INFINITY)).triu_(1);
  }

  /** Tensors of a backward pass: q, dy and dq by group, the others by key/value head. */
  private record Pass(
      Tensor q, Tensor k, Tensor v, Tensor dy, Tensor dq, Tensor dk, Tensor dv, Tensor hidden) {
    Pass heads(long from, long count) {
      return new Pass(
          q.narrow(0, from, count),
          k.narrow(0, from, count),
          v.narrow(0, from, count),
          dy.narrow(0, from, count),
          dq.narrow(0, from, count),
          dk.narrow(0, from, count),
          dv.narrow(0, from, count),
          hidden);
    }
  }

  private void backward(Pass pass) {
    // A gradient of keys gathers over blocks, in float32 so that nothing is lost between them.
    Tensor dk = Ops.zeros(pass.k, ScalarType.Float, pass.k.shape());
    Tensor dv = Ops.zeros(pass.v, ScalarType.Float, pass.v.shape());
    for (long from = 0; from < pass.q.size(2); from += block) {
      try (var _ = NativeScope.open()) {
        backward(pass, from, Math.min(block, pass.q.size(2) - from), dk, dv);
      }
    }
    pass.dk.copy_(dk);
    pass.dv.copy_(dv);
  }

  /**
   * For the queries [from, from + count): with scores {@code S = q k^T / sqrt(d)} and {@code P =
   * softmax(S)}, {@code dv = P^T dy}, {@code dP = dy v^T}, {@code dS = P (dP - sum(P dP))}, {@code
   * dq = dS k / sqrt(d)} and {@code dk = dS^T q / sqrt(d)}.
   */
  private void backward(Pass pass, long from, long count, Tensor dkSum, Tensor dvSum) {
    boolean causal = pass.hidden != null;
    long seen = causal ? from + count : pass.k.size(1);
    long heads = pass.q.size(0);
    long rows = pass.q.size(1) * count; // queries of all heads that share keys
    long d = pass.q.size(3);
    double scale = 1 / Math.sqrt(d);
    Tensor q = Ops.mul(pass.q.narrow(2, from, count).reshape(heads, rows, d), scale);
    Tensor dy = pass.dy.narrow(2, from, count).reshape(heads, rows, d);
    Tensor k = pass.k.narrow(1, 0, seen);
    Tensor v = pass.v.narrow(1, 0, seen);

    Tensor scores = q.bmm(k.transpose(1, 2)); // [heads, rows, seen]
    if (causal) {
      scores
          .view(heads, pass.q.size(1), count, seen)
          .narrow(3, from, count)
          .add_(pass.hidden.narrow(0, 0, count).narrow(1, 0, count));
    }
    Tensor p = Ops.softmax(scores);
    scores.close();
    dvSum.narrow(1, 0, seen).add_(p.transpose(1, 2).bmm(dy));
    Tensor dp = dy.bmm(v.transpose(1, 2));
    Tensor ds = Ops.softmaxBackward(dp, p);
    dp.close();
    Tensor dq = ds.bmm(k).mul_(new Scalar(scale));
    pass.dq.narrow(2, from, count).copy_(dq.view(heads, pass.q.size(1), count, d));
    dkSum.narrow(1, 0, seen).add_(ds.transpose(1, 2).bmm(q));
  }
}
