package io.github.drprune.nn;

import io.github.drprune.nn.KvCache.OfOneLength;
import io.github.drprune.nn.KvCache.Past;
import org.bytedeco.pytorch.Tensor;

/**
 * Causal self-attention. Its units are what the heads gathered.
 *
 * @param norm of queries and keys
 * @param rotary turns queries and keys by their positions; null where they have none
 */
public record Attention(
    Projection projection,
    QueryKeyNorm norm,
    Linear output,
    Rotary rotary,
    Scoring scoring,
    Kernels kernels)
    implements Body {

  /** Queries [B, heads, T, d], keys and values [B, kv heads, T, d]. */
  public record Qkv(Tensor q, Tensor k, Tensor v) {}

  /** How a family stores the projections to queries, keys and values. */
  public sealed interface Projection {
    Qkv project(Tensor x);
  }

  /** Three matrices. */
  public record Split(Linear query, Linear key, Linear value, int heads, int kvHeads)
      implements Projection {
    @Override
    public Qkv project(Tensor x) {
      return new Qkv(
          byHead(query.forward(x), heads),
          byHead(key.forward(x), kvHeads),
          byHead(value.forward(x), kvHeads));
    }
  }

  /** One matrix whose rows are query, key and value of the first head, then of the next. */
  public record FusedByHead(Linear queryKeyValue, int heads) implements Projection {
    @Override
    public Qkv project(Tensor x) {
      Tensor all = byHead(queryKeyValue.forward(x), heads); // [B, heads, T, 3 d]
      long d = all.size(-1) / 3;
      return new Qkv(all.narrow(-1, 0, d), all.narrow(-1, d, d), all.narrow(-1, 2 * d, d));
    }
  }

  /** One matrix whose rows are the queries of all heads, then the keys, then the values. */
  public record Fused(Linear queryKeyValue, int heads, int kvHeads) implements Projection {
    @Override
    public Qkv project(Tensor x) {
      Tensor all = byHead(queryKeyValue.forward(x), heads + 2 * kvHeads); // [B, n, T, d]
      return new Qkv(
          all.narrow(1, 0, heads),
          all.narrow(1, heads, kvHeads),
          all.narrow(1, heads + kvHeads, kvHeads));
    }
  }

  @Override
  public Tensor units(Tensor x, HalfMasks masks, Past past, ForwardHook hook) {
    var qkv = norm.apply(projection.project(x), masks.units());
    Tensor context = past.each(qkv, this::attended); // [B, heads, T, d]
    long width = context.size(1) * context.size(3);
    Tensor joined = context.transpose(1, 2).reshape(x.size(0), x.size(1), width);
    hook.context(joined);
    return joined;
  }

  /** [B, heads, T, d]. */
  private Tensor attended(Qkv qkv, OfOneLength past) {
    Tensor q = turned(qkv.q(), past.length());
    Tensor k = past.appendKeys(turned(qkv.k(), past.length()));
    Tensor v = past.appendValues(qkv.v());
    boolean causal = q.size(2) > 1;
    if (!causal) {
      k = inWindow(k);
      v = inWindow(v);
    }
    return kernels.attention().attend(q, k, v, causal, scoring);
  }

  private Tensor turned(Tensor x, long offset) {
    return rotary == null ? x : rotary.apply(x, offset, kernels.rotary());
  }

  /** What the last position sees of keys or values, [B, kv heads, S, d]. */
  private Tensor inWindow(Tensor x) {
    long window = scoring.window().orElse(Integer.MAX_VALUE);
    return window < x.size(2) ? x.narrow(2, x.size(2) - window, window) : x;
  }

  /** [B, T, heads x d] to [B, heads, T, d]. */
  static Tensor byHead(Tensor x, int heads) {
    return x.view(x.size(0), x.size(1), heads, x.size(2) / heads).transpose(1, 2);
  }
}
