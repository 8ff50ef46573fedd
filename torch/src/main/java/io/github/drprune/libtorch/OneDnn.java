package io.github.drprune.libtorch;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_BIAS;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SCALE;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_VARIANCE;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WEIGHTS;

import org.bytedeco.dnnl.IntMemoryMap;
import org.bytedeco.dnnl.engine;
import org.bytedeco.dnnl.global.dnnl.algorithm;
import org.bytedeco.dnnl.global.dnnl.normalization_flags;
import org.bytedeco.dnnl.global.dnnl.prop_kind;
import org.bytedeco.dnnl.layer_normalization_forward;
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
 * oneDNN's operations on CPU tensors, which may lie in memory in any order. LibTorch multiplies by
 * oneDNN too, but lets results have no other type than operands, and copies operands whose rows do
 * not follow each other.
 */
public enum OneDnn implements MixedOps {
  CPU;

  private static final engine ENGINE = NativeScope.keep(new engine(engine.kind.cpu, 0));
  private static final stream STREAM = NativeScope.keep(new stream(ENGINE));

  private static final int RMS_NORM =
      normalization_flags.rms_norm.value | normalization_flags.use_scale.value;

  /**
   * As {@link MixedOps#multiply}, or of a batch of matrices, [N, m, k], [N, k, n] and [N, m, n].
   */
  @Override
  public void multiply(double scale, Tensor a, Tensor b, Tensor c) {
    try (var _ = NativeScope.open()) {
      product(a, b, null, c, scaled(scale));
    }
  }

  @Override
  public void addProduct(double scale, Tensor a, Tensor b, Tensor c) {
    try (var _ = NativeScope.open()) {
      post_ops after = scaled(scale);
      after.append_sum();
      product(a, b, null, c, after);
    }
  }

  /**
   * {@code y = x W^T + b}, rounded once.
   *
   * @param x [n, in], float32 or bf16
   * @param weight [out, in], in the type of {@code x}
   * @param bias [out] float32, or null
   * @param y [n, out], in the type of {@code x} or float32
   */
  public void linear(Tensor x, Tensor weight, Tensor bias, Tensor y) {
    try (var _ = NativeScope.open()) {
      product(x, weight.t(), bias == null ? null : bias.unsqueeze(0), y, new post_ops());
    }
  }

  private static post_ops scaled(double scale) {
    var after = new post_ops();
    if (scale != 1) {
      after.append_eltwise(algorithm.eltwise_linear, (float) scale, 0);
    }
    return after;
  }

  private static void product(Tensor a, Tensor right, Tensor bias, Tensor c, post_ops after) {
    // oneDNN 3.11 reads the wrong numbers for small matrices in two dimensions of a batch, and for
    // k = 1 if there is room between matrices.
    if (a.dim() > 3) {
      throw new IllegalArgumentException("matrices in more than one dimension of a batch");
    }
    Tensor b = a.size(-1) == 1 ? right.contiguous() : right;
    var attributes = new primitive_attr();
    attributes.set_post_ops(after);
    var arguments = new IntMemoryMap();
    memory.desc left = put(arguments, DNNL_ARG_SRC, a);
    memory.desc middle = put(arguments, DNNL_ARG_WEIGHTS, b);
    memory.desc result = put(arguments, DNNL_ARG_DST, c);
    // An empty description is none.
    memory.desc added = bias == null ? new memory.desc() : put(arguments, DNNL_ARG_BIAS, bias);
    run(
        new matmul(
            new matmul.primitive_desc(ENGINE, left, middle, added, result, attributes, false)),
        arguments);
  }

  @Override
  public void softmax(Tensor x, Tensor y) {
    try (var _ = NativeScope.open()) {
      var arguments = new IntMemoryMap();
      memory.desc from = put(arguments, DNNL_ARG_SRC, x);
      memory.desc to = put(arguments, DNNL_ARG_DST, y);
      run(new softmax_forward(softmaxOf(from, to)), arguments);
    }
  }

  /**
   * The gradient of a softmax over the last dimension.
   *
   * @param y its result, [.., n] float32
   * @param dy the gradient of that, [.., n] float32
   * @param dx [.., n] takes the gradient of the operand, float32 or bf16
   */
  public void softmaxBackward(Tensor y, Tensor dy, Tensor dx) {
    try (var _ = NativeScope.open()) {
      var arguments = new IntMemoryMap();
      memory.desc result = put(arguments, DNNL_ARG_DST, y);
      memory.desc incoming = put(arguments, DNNL_ARG_DIFF_DST, dy);
      memory.desc outgoing = put(arguments, DNNL_ARG_DIFF_SRC, dx);
      var backward =
          new softmax_backward.primitive_desc(
              ENGINE,
              algorithm.softmax_accurate,
              outgoing,
              incoming,
              result,
              result.get_ndims() - 1,
              softmaxOf(result, result));
      run(new softmax_backward(backward), arguments);
    }
  }

  /**
   * {@code y = x / sqrt(mean(x^2) + eps) * weight} over the last dimension (arXiv 1910.07467).
   *
   * @param x [rows, n] contiguous, float32 or bf16
   * @param weight [n] float32
   * @param y [rows, n] takes the result, contiguous, in the type of {@code x}
   * @param meanSquares [rows] float32 takes the means of squares
   */
  public void rmsNorm(Tensor x, Tensor weight, double eps, Tensor y, Tensor meanSquares) {
    try (var _ = NativeScope.open()) {
      var arguments = new IntMemoryMap();
      memory.desc from = put(arguments, DNNL_ARG_SRC, x);
      memory.desc to = put(arguments, DNNL_ARG_DST, y);
      memory.desc statistics = put(arguments, DNNL_ARG_VARIANCE, meanSquares);
      put(arguments, DNNL_ARG_SCALE, weight);
      var norm =
          new layer_normalization_forward.primitive_desc(
              ENGINE,
              prop_kind.forward_training.value,
              from,
              to,
              statistics,
              (float) eps,
              RMS_NORM);
      run(new layer_normalization_forward(norm), arguments);
    }
  }

  private static softmax_forward.primitive_desc softmaxOf(memory.desc x, memory.desc y) {
    return new softmax_forward.primitive_desc(
        ENGINE, prop_kind.forward_training, algorithm.softmax_accurate, x, y, x.get_ndims() - 1);
  }

  /** Makes {@code x} the argument in this role; gives its layout. */
  private static memory.desc put(IntMemoryMap arguments, int role, Tensor x) {
    memory.desc layout = layout(x);
    arguments.put(role, new memory(layout, ENGINE, x.data_ptr()));
    return layout;
  }

  private static void run(primitive operation, IntMemoryMap arguments) {
    operation.execute(STREAM, arguments);
    STREAM._wait();
  }

  private static memory.desc layout(Tensor x) {
    long[] shape = x.shape();
    var strides = new long[shape.length];
    for (int i = 0; i < strides.length; i++) {
      strides[i] = x.stride(i);
    }
    return new memory.desc(shape, type(x), strides);
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
