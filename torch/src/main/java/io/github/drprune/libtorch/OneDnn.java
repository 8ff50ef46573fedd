package io.github.drprune.libtorch;

import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DIFF_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_DST;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_SRC;
import static org.bytedeco.dnnl.global.dnnl.DNNL_ARG_WEIGHTS;

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
 * oneDNN's operations on CPU tensors, which may lie in memory in any order. LibTorch multiplies by
 * oneDNN too, but lets results have no other type than operands, and copies operands whose rows do
 * not follow each other.
 */
public enum OneDnn implements MixedOps {
  CPU;

  private static final engine ENGINE = NativeScope.keep(new engine(engine.kind.cpu, 0));
  private static final stream STREAM = NativeScope.keep(new stream(ENGINE));

  /** As {@link MixedOps#multiply}, of one matrix or of as many as {@code a}, b and c all have. */
  @Override
  public void multiply(double scale, Tensor a, Tensor b, Tensor c) {
    multiply(scale, a, b, c, false);
  }

  @Override
  public void addProduct(double scale, Tensor a, Tensor b, Tensor c) {
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
      memory.desc left = layout(a);
      memory.desc middle = layout(b);
      memory.desc result = layout(c);
      var product = new matmul.primitive_desc(ENGINE, left, middle, result, attributes, false);
      var arguments = new IntMemoryMap();
      put(arguments, DNNL_ARG_SRC, left, a);
      put(arguments, DNNL_ARG_WEIGHTS, middle, b);
      put(arguments, DNNL_ARG_DST, result, c);
      run(new matmul(product), arguments);
    }
  }

  @Override
  public void softmax(Tensor x, Tensor y) {
    try (var _ = NativeScope.open()) {
      memory.desc from = layout(x);
      memory.desc to = layout(y);
      var arguments = new IntMemoryMap();
      put(arguments, DNNL_ARG_SRC, from, x);
      put(arguments, DNNL_ARG_DST, to, y);
      run(new softmax_forward(softmax(from, to)), arguments);
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
      memory.desc result = layout(y);
      memory.desc incoming = layout(dy);
      memory.desc outgoing = layout(dx);
      int last = result.get_ndims() - 1;
      var backward =
          new softmax_backward.primitive_desc(
              ENGINE,
              algorithm.softmax_accurate,
              outgoing,
              incoming,
              result,
              last,
              softmax(result, result));
      var arguments = new IntMemoryMap();
      put(arguments, DNNL_ARG_DST, result, y);
      put(arguments, DNNL_ARG_DIFF_DST, incoming, dy);
      put(arguments, DNNL_ARG_DIFF_SRC, outgoing, dx);
      run(new softmax_backward(backward), arguments);
    }
  }

  private static softmax_forward.primitive_desc softmax(memory.desc x, memory.desc y) {
    return new softmax_forward.primitive_desc(
        ENGINE, prop_kind.forward_training, algorithm.softmax_accurate, x, y, x.get_ndims() - 1);
  }

  private static void put(IntMemoryMap arguments, int role, memory.desc layout, Tensor x) {
    arguments.put(role, new memory(layout, ENGINE, x.data_ptr()));
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
