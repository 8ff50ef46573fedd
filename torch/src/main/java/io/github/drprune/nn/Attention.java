package io.github.drprune.nn;

import io.github.drprune.nn.KvCache.Past;
import org.bytedeco.pytorch.Tensor;

/** Causal self-attention with rotary positions. Its units are what the heads gathered. */
public record Attention(Projection projection, Linear output, Rotary rotary, Kernels kernels)
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
  public record Fused(Linear queryKeyValue, int heads) implements Projection {
    @Override
    public Qkv project(Tensor x) {
      Tensor all = byHead(queryKeyValue.forward(x), heads); // [B, heads, T, 3 d]
      long d = all.size(-1) / 3;
      return new Qkv(all.narrow(-1, 0, d), all.narrow(-1, d, d), all.narrow(-1, 2 * d, d));
    }
  }

  @Override
  public Tensor units(Tensor x, Past past, ForwardHook hook) {
    var qkv = projection.project(x);
    Tensor q = rotary.apply(qkv.q(), past.length(), kernels.rotary());
    Tensor k = past.appendKeys(rotary.apply(qkv.k(), past.length(), kernels.rotary()));
    Tensor v = past.appendValues(qkv.v());
    boolean causal = q.size(2) > 1;
    Tensor context = kernels.attention().attend(q, k, v, causal); // [B, heads, T, d]
    long width = context.size(1) * context.size(3);
    Tensor joined = context.transpose(1, 2).reshape(x.size(0), x.size(1), width);
    hook.context(joined);
    return joined;
  }

  /** [B, T, heads x d] to [B, heads, T, d]. */
  private static Tensor byHead(Tensor x, int heads) {
    return x.view(x.size(0), x.size(1), heads, x.size(2) / heads).transpose(1, 2);
  }
}
