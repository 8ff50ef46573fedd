package io.github.drprune.libtorch;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WEIGHTS;

import java.util.Map;
import org.bytedeco.dnnl.IntMemoryMap;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl.algorithm;
import org.bytedeco.dnnl.global.dnnl.prop_kind;
import org.bytedeco.dnnl.matmul;
import org.bytedeco.dnnl.memory;
import org.bytedeco.dnnl.post_ops;
import org.bytedeco.dnnl.primitive;
import org.bytedeco.dnnl.primitive_attr;
import org.bytedeco.dnnl.softmax_backward;
import org.bytedeco.dnnl.softmax_forward;
import org.bytedeco.dnnl.stream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Operations on CPU tensors that oneDNN writes where the caller wants them. LibTorch multiplies
 * bf16 by oneDNN too, but lets results have no other type than operands, and copies operands whose
 * rows do not follow each other. Tensors are float32 or bf16 and may lie in memory in any order;
 * nothing is recorded for a backward pass.
 */
public final class OneDnn {
  private static final engine CPU = NativeScope.keep(new engine(engine.kind.cpu, 0));
  private static final stream STREAM = NativeScope.keep(new stream(CPU));

  private OneDnn() {}

  /**
   * {@code c = scale a b}, added up in float32.
   *
   * @param a [.., m, k]
   * @param b [.., k, n], in the type of {@code a}
   * @param c [.., m, n], in the type of {@code a} or float32
   */
  public static void multiply(double scale, Tensor a, Tensor b, Tensor c) {
    multiply(scale, a, b, c, false);
  }

  /** {@code c += scale a b}, as {@link #multiply}. */
  public static void addProduct(double scale, Tensor a, Tensor b, Tensor c) {
    multiply(scale, a, b, c, true);
  }

  private static void multiply(double scale, Tensor a, Tensor right, Tensor c, boolean add) {
    try (var _ = NativeScope.open()) {
      // oneDNN 3.11 reads the wrong numbers for k = 1 if there is space between matrices.
      Tensor b = a.size(-1) == 1 ? right.contiguous() : right;
      var after = new post_ops();
      if (scale != 1) {
        after.append_eltwise(algorithm.eltwise_linear, (float) scale, 0);
      }
      if (add) {
        after.append_sum();
      }
      var attributes = new primitive_attr();
      attributes.set_post_ops(after);
      var product =
          new matmul.primitive_desc(
              CPU, description(a), description(b), description(c), attributes, false);
      execute(new matmul(product), Map.of(DNNL_ARG_SRC, a, DNNL_ARG_WEIGHTS, b, DNNL_ARG_DST, c));
    }
  }

  /**
   * {@code y} = softmax of {@code x} over the last dimension.
   *
   * @param x [.., n] float32
   * @param y [.., n], float32 or bf16
   */
  public static void softmax(Tensor x, Tensor y) {
    try (var _ = NativeScope.open()) {
      var softmax = softmaxOf(description(x), description(y), x);
      execute(new softmax_forward(softmax), Map.of(DNNL_ARG_SRC, x, DNNL_ARG_DST, y));
    }
  }

  /**
   * {@code dx} = gradient of softmax over the last dimension.
   *
   * @param y its result, [.., n] float32
   * @param dy [.., n] float32
   * @param dx [.., n], float32 or bf16
   */
  public static void softmaxBackward(Tensor y, Tensor dy, Tensor dx) {
    try (var _ = NativeScope.open()) {
      var forward = softmaxOf(description(y), description(y), y);
      var backward =
          new softmax_backward.primitive_desc(
              CPU,
              algorithm.softmax_accurate,
              description(dx),
              description(dy),
              description(y),
              lastDimension(y),
              forward);
      execute(
          new softmax_backward(backward),
          Map.of(DNNL_ARG_DST, y, DNNL_ARG_DIFF_DST, dy, DNNL_ARG_DIFF_SRC, dx));
    }
  }

  private static softmax_forward.primitive_desc softmaxOf(
      memory.desc x, memory.desc y, Tensor shaped) {
    return new softmax_forward.primitive_desc(
        CPU, prop_kind.forward_training, algorithm.softmax_accurate, x, y, lastDimension(shaped));
  }

  private static int lastDimension(Tensor x) {
    return Math.toIntExact(x.dim()) - 1;
  }

  private static void execute(primitive operation, Map<Integer, Tensor> arguments) {
    var memories = new IntMemoryMap();
    arguments.forEach(
        (role, x) -> memories.put(role, new memory(description(x), CPU, x.data_ptr())));
    operation.execute(STREAM, memories);
    STREAM._wait();
  }

  private static memory.desc description(Tensor x) {
    var strides = new long[Math.toIntExact(x.dim())];
    for (int i = 0; i < strides.length; i++) {
      strides[i] = x.stride(i);
    }
    return new memory.desc(x.shape(), type(x), strides);
  }

  private static memory.data_type type(Tensor x) {
    if (Tensors.are(ScalarType.BFloat16, x)) {
      return memory.data_type.bf16;
    }
    if (Tensors.are(ScalarType.Float, x)) {
      return memory.data_type.f32;
    }
    throw new IllegalArgumentException("neither float32 nor bf16: " + x.scalar_type());
  }
}
