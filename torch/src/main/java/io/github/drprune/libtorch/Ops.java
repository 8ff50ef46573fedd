package io.github.drprune.libtorch;

import java.util.List;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.LongOptional;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.ScalarTypeOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorArrayRefOptional;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The library's operations whose binding asks for wrapped optional arguments or scalars. */
public final class Ops {
  private Ops() {}

  /** {@code x W^T + b}; {@code bias} may be null. */
  public static Tensor linear(Tensor x, Tensor weight, Tensor bias) {
    return bias == null
        ? torch.linear(x, weight)
        : torch.linear(x, weight, new TensorOptional(bias));
  }

  /** Root-mean-square normalisation over the last dimension (arXiv 1910.07467). */
  public static Tensor rmsNorm(Tensor x, Tensor weight, double eps) {
    return torch.rms_norm(
        x, new long[] {x.size(-1)}, new TensorOptional(weight), new DoubleOptional(eps));
  }

  /** Layer normalisation over the last dimension (arXiv 1607.06450). */
  public static Tensor layerNorm(Tensor x, Tensor weight, Tensor bias, double eps) {
    return torch.layer_norm(
        x,
        new long[] {x.size(-1)},
        new TensorOptional(weight),
        new TensorOptional(bias),
        eps,
        false);
  }

  public static Tensor add(Tensor x, double value) {
    return x.add(new Scalar(value));
  }

  public static Tensor mul(Tensor x, double factor) {
    return x.mul(new Scalar(factor));
  }

  /** {@code x} limited to [{@code low}, {@code high}]. */
  public static Tensor clamp(Tensor x, double low, double high) {
    return x.clamp(new ScalarOptional(new Scalar(low)), new ScalarOptional(new Scalar(high)));
  }

  /** Each element repeated {@code times} times in place: [a, b] becomes [a, a, b, b]. */
  public static Tensor repeatEach(Tensor x, long times) {
    return times == 1 ? x : x.repeat_interleave(times, new LongOptional(0), new LongOptional());
  }

  /** Sum over one dimension, in the given type. */
  public static Tensor sum(Tensor x, long dimension, ScalarType type) {
    return x.sum(new long[] {dimension}, false, new ScalarTypeOptional(type));
  }

  /** Sum over one dimension. */
  public static Tensor sum(Tensor x, long dimension) {
    return x.sum(new long[] {dimension}, false, new ScalarTypeOptional());
  }

  /** Mean over one dimension, which stays with size 1. */
  public static Tensor meanKeeping(Tensor x, long dimension) {
    return x.mean(new long[] {dimension}, true, new ScalarTypeOptional());
  }

  public static Tensor concatenate(List<Tensor> parts, long dimension) {
    return torch.cat(new TensorVector(parts.toArray(Tensor[]::new)), dimension);
  }

  /**
   * Adds to the gradients of the leaves of {@code y} what the gradient {@code dy} of it implies.
   */
  public static void backward(Tensor y, Tensor dy) {
    y.backward(dy, new BoolOptional(), false, new TensorArrayRefOptional());
  }

  /** The index of the largest element over the last dimension. */
  public static Tensor argmax(Tensor x) {
    return x.argmax(new LongOptional(-1), false);
  }

  /**
   * Softmax attention {@code softmax(scale q k^T) v} by the library's own kernel.
   *
   * @param q [B, heads, T, d]
   * @param k [B, kv heads, S, d], as is v; each is shared by heads / kv heads query heads
   * @param causal whether position t sees only the keys up to t (T = S)
   */
  public static Tensor attention(Tensor q, Tensor k, Tensor v, boolean causal, double scale) {
    return attention(q, k, v, new TensorOptional(), causal, scale);
  }

  /**
   * As {@link #attention(Tensor, Tensor, Tensor, boolean, double)} over the keys that {@code
   * visible} names for each query, bool [T, S].
   */
  public static Tensor attention(Tensor q, Tensor k, Tensor v, Tensor visible, double scale) {
    return attention(q, k, v, new TensorOptional(visible), false, scale);
  }

  private static Tensor attention(
      Tensor q, Tensor k, Tensor v, TensorOptional visible, boolean causal, double scale) {
    boolean shared = q.size(1) != k.size(1);
    if (shared && q.is_cuda() && takesNoSharedHeads(q.scalar_type(), visible.has_value())) {
      long group = q.size(1) / k.size(1);
      return attention(q, forEach(k, group), forEach(v, group), visible, causal, scale);
    }
    return torch.scaled_dot_product_attention(
        q, k, v, visible, 0.0, causal, new DoubleOptional(scale), shared);
  }

  /**
   * Whether CUDA's kernels of little memory want a key/value head for each query head: the one that
   * shares them takes neither float32 nor a mask. The library would compute all scores at once.
   */
  static boolean takesNoSharedHeads(ScalarType type, boolean masked) {
    return masked || type == ScalarType.Float;
  }

  /** [B, kv heads, S, d] with each head {@code group} times, one after the other. */
  static Tensor forEach(Tensor heads, long group) {
    return heads.repeat_interleave(group, new LongOptional(1), new LongOptional());
  }

  /** Softmax over the last dimension, in the type of {@code x}. */
  public static Tensor softmax(Tensor x) {
    return torch.softmax(x, -1);
  }

  /** Memory of the given shape, type and device with any content. */
  public static Tensor empty(Tensor like, ScalarType type, long... shape) {
    return torch.empty(shape, Tensors.options(type, like.device()), new MemoryFormatOptional());
  }

  /** A copy of {@code x} in the given type whose elements lie in the order of its shape. */
  public static Tensor contiguous(Tensor x, ScalarType type) {
    return empty(x, type, x.shape()).copy_(x);
  }

  /** Zeros of the given shape, type and device. */
  public static Tensor zeros(Tensor like, ScalarType type, long... shape) {
    return torch.zeros(shape, Tensors.options(type, like.device()));
  }

  /** Ones of the given shape, type and device. */
  public static Tensor ones(Tensor like, ScalarType type, long... shape) {
    return torch.ones(shape, Tensors.options(type, like.device()));
  }
}
