package io.github.drprune.nn;

import static org.bytedeco.pytorch.global.torch.ScalarType.BFloat16;
import static org.bytedeco.pytorch.global.torch.ScalarType.Float;

import io.github.drprune.libtorch.Bf16;
import io.github.drprune.libtorch.CustomOperation;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.Ops;
import io.github.drprune.libtorch.RoundedProducts;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Batched products over blocks of queries, which skip the keys after them. Only q, k and v are kept;
 * backward computes scores again, for a bounded number of heads at a time. Scores and what is made
 * of them are float32, as in the library's kernel; products round their operands to bf16 where the
 * processor multiplies that.
 *
 * @param bf16 how the processor multiplies bf16
 * @param block queries at a time
 */
record BlockedAttention(Bf16 bf16, long block) implements AttentionKernel {
  /** Scores held at a time, 4 MiB: they stay in cache, and memory is bounded at any length. */
  private static final long SCORES = 1 << 20;

  @Override
  public Tensor attend(Tensor q, Tensor k, Tensor v, boolean causal) {
    Tensor context;
    try (var scope = NativeScope.open();
        var _ = NoGrad.open()) {
      context =
          scope.pass(
              switch (bf16) {
                case EMULATED -> byLibrary(Float, q, k, v, causal);
                case TILES -> byLibrary(BFloat16, q, k, v, causal);
                // The library's kernel multiplies bf16 one number after the other there.
                case VECTORS -> byBlocks(q, k, v, causal);
              });
    }
    return CustomOperation.record(context, List.of(q, k, v), dy -> backward(dy, q, k, v, causal));
  }

  private static Tensor byLibrary(
      ScalarType type, Tensor q, Tensor k, Tensor v, boolean causal) {
    return PLAIN.attend(q.to(type), k.to(type), v.to(type), causal).to(q.scalar_type());
  }

  private Tensor byBlocks(Tensor q, Tensor k, Tensor v, boolean causal) {
    Heads all = Heads.of(q, k, v, causal ? block : 0);
    Tensor y = Ops.empty(q, q.scalar_type(), all.q.shape());
    overBlocks(
        all,
        (heads, first, from, count) -> {
          Tensor p = Ops.softmax(heads.scores(from, count));
          Tensor context = p.bmm(heads.v.narrow(1, 0, p.size(2)));
          rows(y.narrow(0, first, p.size(0)), from, count)
              .copy_(context.view(p.size(0), -1, count, q.size(3)));
        });
    return y.view(q.shape());
  }

  /**
   * With scores {@code S = q k^T / sqrt(d)} and {@code P = softmax(S)}: {@code dv = P^T dy}, {@code
   * dP = dy v^T}, {@code dS = P (dP - sum(P dP))}, {@code dq = dS k / sqrt(d)} and {@code dk = dS^T
   * q / sqrt(d)}.
   */
  private Tensor[] backward(Tensor dy, Tensor q, Tensor k, Tensor v, boolean causal) {
    Heads all = Heads.of(q, k, v, causal ? block : 0);
    Tensor dContext = Ops.contiguous(dy, Float).view(all.q.shape());
    Tensor dq = Ops.empty(q, q.scalar_type(), all.q.shape());
    // Gradients of keys gather over blocks.
    Tensor dk = Ops.zeros(k, Float, all.k.shape());
    Tensor dv = Ops.zeros(v, Float, all.v.shape());
    var scale = new Scalar(all.scale());
    overBlocks(
        all,
        (heads, first, from, count) -> {
          Tensor p = Ops.softmax(heads.scores(from, count)); // [n, rows, seen]
          long n = p.size(0);
          long seen = p.size(2);
          Tensor dyRows = joined(rows(dContext.narrow(0, first, n), from, count));
          Tensor dp = dyRows.bmm(heads.v.narrow(1, 0, seen).transpose(1, 2));
          Tensor ds = Ops.softmaxBackward(dp, p);
          dv.narrow(0, first, n).narrow(1, 0, seen).baddbmm_(p.transpose(1, 2), dyRows);
          dk.narrow(0, first, n)
              .narrow(1, 0, seen)
              .baddbmm_(ds.transpose(1, 2), joined(rows(heads.q, from, count)));
          Tensor dqRows = ds.bmm(heads.k.narrow(1, 0, seen)).mul_(scale);
          rows(dq.narrow(0, first, n), from, count).copy_(dqRows.view(n, -1, count, q.size(3)));
        });
    return new Tensor[] {
      dq.view(q.shape()), dk.to(k.scalar_type()).view(k.shape()), dv.to(v.scalar_type()).view(v.shape())
    };
  }

  /** Works on some heads and the queries [from, from + count) of them. */
  @FunctionalInterface
  private interface Work {
    /**
     * @param first of the heads, among all
     */
    void on(Heads heads, long first, long from, long count);
  }

  private void overBlocks(Heads all, Work work) {
    long length = all.q.size(2);
    long scores = all.q.size(1) * Math.min(block, length) * all.k.size(1); // of one head
    long atOnce = Math.clamp(SCORES / scores, 1, all.k.size(0));
    try (var _ = RoundedProducts.open()) {
      for (long first = 0; first < all.k.size(0); first += atOnce) {
        Heads heads = all.narrow(first, Math.min(atOnce, all.k.size(0) - first));
        for (long from = 0; from < length; from += block) {
          try (var _ = NativeScope.open()) {
            work.on(heads, first, from, Math.min(block, length - from));
          }
        }
      }
    }
  }

  /** The queries [from, from + count) of x [n, group, T, d]. */
  private static Tensor rows(Tensor x, long from, long count) {
    return x.narrow(2, from, count);
  }

  /** [n, group, count, d] as [n, group x count, d]: the rows that share keys. */
  private static Tensor joined(Tensor x) {
    return x.reshape(x.size(0), x.size(1) * x.size(2), x.size(3));
  }

  /**
   * Heads by the keys that they share, float32.
   *
   * @param q [n, group, T, d], over sqrt(d)
   * @param k [n, S, d], as is v
   * @param hidden minus infinity at the keys after each query of a block, else 0, [block, block];
   *     null where every query sees all
   */
  private record Heads(Tensor q, Tensor k, Tensor v, Tensor hidden) {
    /**
     * @param block whose queries see no later keys, or 0
     */
    static Heads of(Tensor q, Tensor k, Tensor v, long block) {
      long n = k.size(0) * k.size(1);
      long size = Math.min(block, q.size(2));
      Tensor hidden =
          block == 0
              ? null
              : Ops.zeros(q, Float, size, size)
                  .fill_(new Scalar(Double.NEGATIVE_INFINITY))
                  .triu_(1);
      return new Heads(
          Ops.contiguous(q, Float)
              .mul_(new Scalar(1 / Math.sqrt(q.size(3))))
              .view(n, q.size(1) / k.size(1), q.size(2), q.size(3)),
          Ops.contiguous(k, Float).view(n, k.size(2), k.size(3)),
          Ops.contiguous(v, Float).view(n, v.size(2), v.size(3)),
          hidden);
    }

    double scale() {
      return 1 / Math.sqrt(q.size(3));
    }

    Heads narrow(long first, long count) {
      return new Heads(
          q.narrow(0, first, count), k.narrow(0, first, count), v.narrow(0, first, count), hidden);
    }

    /** Of the queries [from, from + count) and the keys that they see, [n, group x count, seen]. */
    Tensor scores(long from, long count) {
      long seen = hidden == null ? k.size(1) : from + count;
      Tensor scores =
          joined(rows(q, from, count)).bmm(k.narrow(1, 0, seen).transpose(1, 2));
      if (hidden != null) {
        scores
            .view(q.size(0), q.size(1), count, seen)
            .narrow(3, from, count)
            .add_(hidden.narrow(0, 0, count).narrow(1, 0, count));
      }
      return scores;
    }
  }
}
