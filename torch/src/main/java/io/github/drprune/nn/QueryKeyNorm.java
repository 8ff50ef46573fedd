package io.github.drprune.nn;

import io.github.drprune.libtorch.Ops;
import io.github.drprune.nn.Attention.Qkv;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** What is done to queries and keys before they are turned. */
public sealed interface QueryKeyNorm {
  /**
   * The same with queries and keys normalised.
   *
   * @param units masks of heads or of key/value groups, [n]; null for none
   */
  Qkv apply(Qkv qkv, Tensor units);

  /** Nothing. */
  record None() implements QueryKeyNorm {
    @Override
    public Qkv apply(Qkv qkv, Tensor units) {
      return qkv;
    }
  }

  /** Each head by itself, so that masks of heads do not matter (Qwen3). */
  record PerHead(Norm.Rms query, Norm.Rms key) implements QueryKeyNorm {
    @Override
    public Qkv apply(Qkv qkv, Tensor units) {
      return new Qkv(apply(query, qkv.q()), apply(key, qkv.k()), qkv.v());
    }

    /** Of [B, n, T, d], in the order in which it lies in memory. */
    private static Tensor apply(Norm.Rms norm, Tensor x) {
      return norm.forward(x.transpose(1, 2), null).transpose(1, 2);
    }
  }

  /** All heads together, with statistics over those that are kept (OLMo 2). */
  record Joint(Norm.Rms query, Norm.Rms key) implements QueryKeyNorm {
    @Override
    public Qkv apply(Qkv qkv, Tensor units) {
      return new Qkv(
          apply(query, qkv.q(), kept(units, qkv.q().size(1))),
          apply(key, qkv.k(), kept(units, qkv.k().size(1))),
          qkv.v());
    }

    /**
     * @param x [B, n, T, d]
     * @param kept 1 for each of the n heads that stays, else 0; or null
     */
    private static Tensor apply(Norm.Rms norm, Tensor x, Tensor kept) {
      int heads = (int) x.size(1);
      Tensor joined = x.transpose(1, 2).flatten(2, 3); // [B, T, n d]
      if (kept == null) {
        return Attention.byHead(norm.forward(joined, null), heads);
      }
      Tensor places = Ops.repeatEach(kept, x.size(3));
      Tensor selected = joined.mul(places.to(x.scalar_type()));
      // Where no head is left the half puts out nothing, whatever is divided by.
      double share = Math.max(1, kept.sum().item_double()) / heads;
      return Attention.byHead(norm.ofKept(selected, places, share), heads);
    }

    /** Of each of n heads whether one of the units that it belongs to or serves stays. */
    private static Tensor kept(Tensor units, long n) {
      if (units == null) {
        return null;
      }
      Tensor stays = units.detach().ne(new Scalar(0.0)).to(ScalarType.Float);
      return n >= stays.numel()
          ? Ops.repeatEach(stays, n / stays.numel())
          : stays.view(n, -1).amax(new long[] {1}, false);
    }
  }
}
