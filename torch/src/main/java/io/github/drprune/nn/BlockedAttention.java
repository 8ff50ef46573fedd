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
  public Tensor attend(Tensor q, Tensor k, Tensor v, boolean causal, Scoring scoring) {
    if (causal && q.size(2) < k.size(2)) {
      return behind(q, k, v, scoring);
    }
    Tensor context;
    boolean capped = scoring.cap().isPresent();
    boolean keeps =
        !capped && q.size(2) <= SHORT * q.size(3) && CustomOperation.isRecorded(q, k, v);
    List<Tensor> kept = new ArrayList<>(); // probabilities of each part, or none
    try (var scope = NativeScope.open();
        var _ = NoGrad.open()) {
      // With caps, which the library's kernel does not know, it would take all scores at a time.
      context =
          scope.pass(
              switch (bf16) {
                case EMULATED -> widened(q, k, v, causal, scoring);
                case TILES ->
                    capped
                        ? byParts(q, k, v, causal, scoring, null)
                        : REFERENCE.attend(q, k, v, causal, scoring);
                // The library's kernel has no bf16 products for these: it takes 30 times as long.
                case VECTORS ->
                    byParts(q, k, v, causal, scoring, keeps ? p -> kept.add(scope.pass(p)) : null);
              });
    }
    return CustomOperation.record(
        context, List.of(q, k, v), dy -> backward(dy, q, k, v, causal, scoring, kept));
  }

  /** Queries with a past are few, and never trained on: the blocks are of whole texts. */
  private static Tensor behind(Tensor q, Tensor k, Tensor v, Scoring scoring) {
    return REFERENCE
        .attend(q.to(Float), k.to(Float), v.to(Float), true, scoring)
        .to(q.scalar_type());
  }

  private Tensor widened(Tensor q, Tensor k, Tensor v, boolean causal, Scoring scoring) {
    Tensor wideQ = q.to(Float);
    Tensor wideK = k.to(Float);
    Tensor wideV = v.to(Float);
    Tensor context =
        scoring.cap().isPresent()
            ? byParts(wideQ, wideK, wideV, causal, scoring, null)
            : REFERENCE.attend(wideQ, wideK, wideV, causal, scoring);
    return context.to(q.scalar_type());
  }

  /**
   * @param keep takes the probabilities of each part, [n, rows, seen], to multiply; may be null
   */
  private Tensor byParts(
      Tensor q, Tensor k, Tensor v, boolean causal, Scoring scoring, Consumer<Tensor> keep) {
    Heads heads = Heads.of(q, k, v, scoring, causal ? block : 0);
    Tensor y = Ops.empty(q, q.scalar_type(), heads.q.shape());
    forEachPart(
        heads,
        part -> {
          Tensor p = part.probabilities(part.scores(), part.product());
          if (keep != null) {
            keep.accept(p);
          }
          part.write(y, 1, p, part.seen(heads.v));
        });
    return y.view(q.shape());
  }

  /**
   * With scores {@code S = scale q k^T} and {@code P = softmax(S)}: {@code dv = P^T dy}, {@code dP
   * = dy v^T}, {@code dS = P (dP - sum(P dP))}, {@code dq = scale dS k} and {@code dk = scale dS^T
   * q}; where scores are capped, dS times the slope of the cap.
   */
  private Tensor[] backward(
      Tensor dy, Tensor q, Tensor k, Tensor v, boolean causal, Scoring scoring, List<Tensor> kept) {
    ScalarType product = bf16 == Bf16.EMULATED ? Float : q.scalar_type();
    Heads heads =
        Heads.of(q.to(product), k.to(product), v.to(product), scoring, causal ? block : 0);
    Tensor dContext = dy.to(product).contiguous().view(heads.q.shape());
    Tensor dq = Ops.empty(q, product, heads.q.shape());
    // Gradients of keys gather over blocks.
    Tensor dk = Ops.zeros(k, Float, heads.k.shape());
    Tensor dv = Ops.zeros(v, Float, heads.v.shape());
    Iterator<Tensor> probabilities = kept.iterator();
    forEachPart(
        heads,
        part -> {
          Tensor scores = kept.isEmpty() ? part.scores() : null;
          Tensor slopes = scoring.cap().isPresent() ? part.slopes(scores) : null;
          Tensor p = scores == null ? probabilities.next() : part.probabilities(scores, Float);
          Tensor dyRows = part.rows(dContext);
          Tensor dp = part.products(1, dyRows, heads.v);
          Tensor ds = Ops.empty(p, part.product(), p.shape());
          OneDnn.CPU.softmaxBackward(p.to(Float), dp, ds);
          if (slopes != null) {
            ds.mul_(slopes);
          }
          part.add(dv, 1, p, dyRows);
          part.add(dk, scoring.scale(), ds, part.rows(heads.q));
          part.write(dq, scoring.scale(), ds, part.seen(heads.k));
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
   * @param later minus infinity at the keys after each query of a block, else 0, [block, block]
   *     float32; null where every query sees all
   * @param earlier the same at the keys before the first in the window of the block's first query
   */
  private record Heads(
      Tensor q, Tensor k, Tensor v, Scoring scoring, Tensor later, Tensor earlier) {
    /**
     * @param block of queries which see no later keys, or 0
     */
    static Heads of(Tensor q, Tensor k, Tensor v, Scoring scoring, long block) {
      long n = k.size(0) * k.size(1);
      long size = Math.min(block, q.size(2));
      boolean windowed = block > 0 && scoring.hides(k.size(2));
      return new Heads(
          q.contiguous().view(n, q.size(1) / k.size(1), q.size(2), q.size(3)),
          k.contiguous().view(n, k.size(2), k.size(3)),
          v.contiguous().view(n, v.size(2), v.size(3)),
          scoring,
          block == 0 ? null : infinity(q, size).triu_(1),
          windowed ? infinity(q, size).tril_(-1) : null);
    }

    private static Tensor infinity(Tensor q, long size) {
      var infinity = new Scalar(Double.NEGATIVE_INFINITY);
      return Ops.zeros(q, Float, size, size).fill_(infinity);
    }
  }

  /**
   * The heads [first, first + n), and of them the queries [from, from + count).
   *
   * @param product the type that probabilities and gradients of scores are multiplied in
   */
  private record Part(Heads heads, long first, long n, long from, long count, ScalarType product) {
    /** Of every query and key, those included that it does not see: [n, rows, seen] float32. */
    Tensor scores() {
      Tensor scores = products(heads.scoring.scale(), rows(heads.q), heads.k);
      if (heads.scoring.cap().isPresent()) {
        double cap = heads.scoring.cap().getAsDouble();
        scores.mul_(new Scalar(1 / cap)).tanh_().mul_(new Scalar(cap));
      }
      return scores;
    }

    /** What capped scores change by as the products below them do. */
    Tensor slopes(Tensor scores) {
      double cap = heads.scoring.cap().getAsDouble();
      return Ops.add(Ops.mul(scores.square(), -1 / (cap * cap)), 1);
    }

    /** Softmax over the keys that a query sees, [n, rows, seen]; uses up the scores. */
    Tensor probabilities(Tensor scores, ScalarType type) {
      if (heads.later != null) {
        Tensor byQuery = scores.view(n, group(), count, seen());
        hide(byQuery, from - start(), heads.later, 0);
        if (heads.earlier != null) {
          hide(byQuery, 0, heads.earlier, start() - firstInWindow());
        }
      }
      Tensor p = Ops.empty(scores, type, scores.shape());
      OneDnn.CPU.softmax(scores, p);
      return p;
    }

    /** Adds {@code hidden} from its column {@code column} on to scores from key {@code key} on. */
    private void hide(Tensor scores, long key, Tensor hidden, long column) {
      long width = Math.min(count - column, seen() - key);
      if (width > 0) {
        scores.narrow(3, key, width).add_(hidden.narrow(0, 0, count).narrow(1, column, width));
      }
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
      return x.narrow(0, first, n).narrow(1, start(), seen());
    }

    private Tensor of(Tensor x) {
      return x.narrow(0, first, n).narrow(2, from, count);
    }

    private long group() {
      return heads.q.size(1);
    }

    /** The first key that the first of these queries has in its window, perhaps before all keys. */
    private long firstInWindow() {
      return from - heads.scoring.window().getAsInt() + 1;
    }

    /** The first key that one of these queries sees. */
    private long start() {
      return heads.earlier == null ? 0 : Math.max(0, firstInWindow());
    }

    private long seen() {
      return heads.later == null ? heads.k.size(1) : from + count - start();
    }
  }
}
