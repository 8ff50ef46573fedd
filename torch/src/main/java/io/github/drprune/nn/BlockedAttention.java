package io.github.drprune.nn;

import static org.bytedeco.pytorch.global.torch.ScalarType.Float;

import io.github.drprune.libtorch.Bf16;
import io.github.drprune.libtorch.CustomOperation;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.OneDnn;
import io.github.drprune.libtorch.Ops;
import io.github.drprune.libtorch.Tensors;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Batched products over blocks of queries, which skip the keys after them. Scores and their
 * gradients are float32, as in the library's kernel. Backward computes probabilities again, for a
 * bounded number of heads at a time; those of short rows are kept.
 *
 * @param bf16 how the processor multiplies bf16
 * @param block queries at a time
 */
record BlockedAttention(Bf16 bf16, long block) implements AttentionKernel {
  /** Scores held at a time, 8 MiB: they stay in cache, and memory is bounded at any length. */
  private static final long SCORES = 1 << 21;

  /** Rows of up to so many head sizes: there q, k, v and the context take as much memory. */
  private static final long SHORT = 8;

  @Override
  public Tensor attend(Tensor q, Tensor k, Tensor v, boolean causal) {
    Tensor context;
    boolean keeps = q.size(2) <= SHORT * q.size(3) && CustomOperation.isRecorded(q, k, v);
    List<Tensor> kept = new ArrayList<>(); // probabilities of each part, or none
    try (var scope = NativeScope.open();
        var _ = NoGrad.open()) {
      context =
          scope.pass(
              switch (bf16) {
                case EMULATED -> widened(q, k, v, causal);
                case TILES -> REFERENCE.attend(q, k, v, causal);
                // The library's kernel has no bf16 products for these: it takes 30 times as long.
                case VECTORS ->
                    byParts(q, k, v, causal, keeps ? p -> kept.add(scope.pass(p)) : null);
              });
    }
    return CustomOperation.record(
        context, List.of(q, k, v), dy -> backward(dy, q, k, v, causal, kept));
  }

  private static Tensor widened(Tensor q, Tensor k, Tensor v, boolean causal) {
    return REFERENCE.attend(q.to(Float), k.to(Float), v.to(Float), causal).to(q.scalar_type());
  }

  /**
   * @param keep takes the probabilities of each part, [n, rows, seen], to multiply; may be null
   */
  private Tensor byParts(Tensor q, Tensor k, Tensor v, boolean causal, Consumer<Tensor> keep) {
    Heads heads = Heads.of(q, k, v, causal ? block : 0);
    Tensor y = Ops.empty(q, q.scalar_type(), heads.q.shape());
    forEachPart(
        heads,
        part -> {
          Tensor p = part.probabilities(part.product());
          if (keep != null) {
            keep.accept(p);
          }
          part.write(y, 1, p, part.seen(heads.v));
        });
    return y.view(q.shape());
  }

  /**
   * With scores {@code S = q k^T / sqrt(d)} and {@code P = softmax(S)}: {@code dv = P^T dy}, {@code
   * dP = dy v^T}, {@code dS = P (dP - sum(P dP))}, {@code dq = dS k / sqrt(d)} and {@code dk = dS^T
   * q / sqrt(d)}.
   */
  private Tensor[] backward(
      Tensor dy, Tensor q, Tensor k, Tensor v, boolean causal, List<Tensor> kept) {
    ScalarType product = bf16 == Bf16.EMULATED ? Float : q.scalar_type();
    Heads heads = Heads.of(q.to(product), k.to(product), v.to(product), causal ? block : 0);
    Tensor dContext = dy.to(product).contiguous().view(heads.q.shape());
    Tensor dq = Ops.empty(q, product, heads.q.shape());
    // Gradients of keys gather over blocks.
    Tensor dk = Ops.zeros(k, Float, heads.k.shape());
    Tensor dv = Ops.zeros(v, Float, heads.v.shape());
    Iterator<Tensor> probabilities = kept.iterator();
    forEachPart(
        heads,
        part -> {
          Tensor p = kept.isEmpty() ? part.probabilities(Float) : probabilities.next();
          Tensor dyRows = part.rows(dContext);
          Tensor dp = part.products(1, dyRows, heads.v);
          Tensor ds = Ops.empty(p, part.product(), p.shape());
          OneDnn.CPU.softmaxBackward(p.to(Float), dp, ds);
          part.add(dv, 1, p, dyRows);
          part.add(dk, heads.scale(), ds, part.rows(heads.q));
          part.write(dq, heads.scale(), ds, part.seen(heads.k));
        });
    return new Tensor[] {
      dq.to(q.scalar_type()).view(q.shape()),
      dk.to(k.scalar_type()).view(k.shape()),
      dv.to(v.scalar_type()).view(v.shape())
    };
  }

  private void forEachPart(Heads heads, Consumer<Part> work) {
    long length = heads.q.size(2);
    long scores = heads.q.size(1) * Math.min(block, length) * heads.k.size(1); // of one head
    long atOnce = Math.clamp(SCORES / scores, 1, heads.k.size(0));
    for (long first = 0; first < heads.k.size(0); first += atOnce) {
      long n = Math.min(atOnce, heads.k.size(0) - first);
      for (long from = 0; from < length; from += block) {
        try (var _ = NativeScope.open()) {
          // Queries with few keys have the largest results, so what is rounded there shows most;
          // they have a tenth of the work at 512 tokens.
          boolean exact = from == 0 && bf16 == Bf16.VECTORS;
          ScalarType product = exact ? Float : heads.q.scalar_type();
          long count = Math.min(block, length - from);
          work.accept(new Part(heads, first, n, from, count, product));
        }
      }
    }
  }

  /**
   * All heads by the keys that they share.
   *
   * @param q [N, group, T, d]
   * @param k [N, S, d], as is v
   * @param hidden minus infinity at the keys after each query of a block, else 0, [block, block]
   *     float32; null where every query sees all
   */
  private record Heads(Tensor q, Tensor k, Tensor v, Tensor hidden) {
    /**
     * @param block of queries which see no later keys, or 0
     */
    static Heads of(Tensor q, Tensor k, Tensor v, long block) {
      long n = k.size(0) * k.size(1);
      return new Heads(
          q.contiguous().view(n, q.size(1) / k.size(1), q.size(2), q.size(3)),
          k.contiguous().view(n, k.size(2), k.size(3)),
          v.contiguous().view(n, v.size(2), v.size(3)),
          block == 0 ? null : hidden(q, Math.min(block, q.size(2))));
    }

    private static Tensor hidden(Tensor q, long size) {
      var infinity = new Scalar(Double.NEGATIVE_INFINITY);
      return Ops.zeros(q, Float, size, size).fill_(infinity).triu_(1);
    }

    /** Of scores. */
    double scale() {
      return 1 / Math.sqrt(q.size(3));
    }
  }

  /**
   * The heads [first, first + n), and of them the queries [from, from + count).
   *
   * @param product the type that probabilities and gradients of scores are multiplied in
   */
  private record Part(Heads heads, long first, long n, long from, long count, ScalarType product) {
    /** Softmax over the keys that a query sees, [n, rows, seen]. */
    Tensor probabilities(ScalarType type) {
      Tensor scores = products(heads.scale(), rows(heads.q), heads.k);
      if (heads.hidden != null) {
        scores
            .view(n, group(), count, seen())
            .narrow(3, from, count)
            .add_(heads.hidden.narrow(0, 0, count).narrow(1, 0, count));
      }
      Tensor p = Ops.empty(scores, type, scores.shape());
      OneDnn.CPU.softmax(scores, p);
      return p;
    }

    /**
     * {@code scale} times the products of rows [n, rows, d] with what these queries see of x [N, S,
     * d]: [n, rows, seen] float32.
     */
    Tensor products(double scale, Tensor rows, Tensor x) {
      Tensor products = Ops.empty(rows, Float, n, group() * count, seen());
      OneDnn.CPU.multiply(scale, rows, seen(x).transpose(1, 2), products);
      return products;
    }

    /** Adds {@code scale} a^T b to what these queries see of x [N, S, d], for rows of a and b. */
    void add(Tensor x, double scale, Tensor a, Tensor b) {
      OneDnn.CPU.addProduct(scale, a.to(product).transpose(1, 2), b.to(product), seen(x));
    }

    /** Makes {@code scale} a b these queries' rows of x [N, group, T, d]. */
    void write(Tensor x, double scale, Tensor a, Tensor b) {
      if (group() == 1 && Tensors.are(product, x)) {
        OneDnn.CPU.multiply(scale, a, b, rows(x));
      } else {
        Tensor rows = Ops.empty(x, product, n, group() * count, x.size(3));
        OneDnn.CPU.multiply(scale, a, b.to(product), rows);
        of(x).copy_(rows.view(n, group(), count, x.size(3)));
      }
    }

    /** These queries' rows of x [N, group, T, d], those that share keys joined: [n, rows, d]. */
    Tensor rows(Tensor x) {
      return of(x).reshape(n, group() * count, x.size(3));
    }

    /** What some of these queries see of x [N, S, d]: a view [n, seen, d]. */
    Tensor seen(Tensor x) {
      return x.narrow(0, first, n).narrow(1, 0, seen());
    }

    private Tensor of(Tensor x) {
      return x.narrow(0, first, n).narrow(2, from, count);
    }

    private long group() {
      return heads.q.size(1);
    }

    private long seen() {
      return heads.hidden == null ? heads.k.size(1) : from + count;
    }
  }
}
