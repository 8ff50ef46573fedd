package io.github.drprune.libtorch;

import static org.bytedeco.pytorch.global.torch.empty;
import static org.bytedeco.pytorch.global.torch.from_blob;

import java.lang.foreign.MemorySegment;
import org.bytedeco.javacpp.DoublePointer;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.DeviceOptional;
import org.bytedeco.pytorch.MemoryFormatOptional;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Between Java's memory and tensors. */
public final class Tensors {
  /** A raw address as JavaCPP's pointer, without ownership. */
  private static final class Address extends Pointer {
    Address(MemorySegment segment) {
      super((Pointer) null);
      address = segment.address();
      limit = segment.byteSize();
      capacity = limit;
    }
  }

  /** The type of token ids. */
  public static final ScalarType TOKENS = ScalarType.Long;

  private Tensors() {}

  /**
   * A CPU tensor over the segment's own memory (a mapped file, say): nothing is copied, and the
   * segment's arena must stay open for as long as the tensor or a view of it is used.
   */
  public static Tensor over(MemorySegment segment, ScalarType type, long... shape) {
    return from_blob(new Address(segment), shape, options(type));
  }

  /** A copy of {@code values} of the given shape. */
  public static Tensor of(float[] values, long... shape) {
    Tensor tensor = allocate(ScalarType.Float, shape);
    new FloatPointer(tensor.data_ptr()).put(values);
    return tensor;
  }

  /** A copy of {@code values} of the given shape, float64. */
  public static Tensor of(double[] values, long... shape) {
    Tensor tensor = allocate(ScalarType.Double, shape);
    new DoublePointer(tensor.data_ptr()).put(values);
    return tensor;
  }

  /** A copy of {@code values} of the given shape, int64. */
  public static Tensor of(long[] values, long... shape) {
    Tensor tensor = allocate(ScalarType.Long, shape);
    new LongPointer(tensor.data_ptr()).put(values);
    return tensor;
  }

  /** A copy of {@code tokens} as int64, [rows, columns]. */
  public static Tensor ofTokens(int[][] tokens) {
    int columns = tokens[0].length;
    long[] flat = new long[tokens.length * columns];
    for (int row = 0; row < tokens.length; row++) {
      for (int column = 0; column < columns; column++) {
        flat[row * columns + column] = tokens[row][column];
      }
    }
    return of(flat, tokens.length, columns);
  }

  /** The tensor's values in row-major order, whatever its type and device. */
  public static float[] floats(Tensor tensor) {
    try (var _ = NativeScope.open();
        var _ = NoGrad.open()) {
      var values = new float[Math.toIntExact(tensor.numel())];
      new FloatPointer(onCpu(tensor, ScalarType.Float).data_ptr()).get(values);
      return values;
    }
  }

  /** The tensor's values in row-major order, whatever its type and device. */
  public static double[] doubles(Tensor tensor) {
    try (var _ = NativeScope.open();
        var _ = NoGrad.open()) {
      var values = new double[Math.toIntExact(tensor.numel())];
      new DoublePointer(onCpu(tensor, ScalarType.Double).data_ptr()).get(values);
      return values;
    }
  }

  /** The tensor's values in row-major order, whatever its type and device. */
  public static long[] longs(Tensor tensor) {
    try (var _ = NativeScope.open();
        var _ = NoGrad.open()) {
      var values = new long[Math.toIntExact(tensor.numel())];
      new LongPointer(onCpu(tensor, ScalarType.Long).data_ptr()).get(values);
      return values;
    }
  }

  /**
   * The memory of a contiguous CPU tensor, valid while the tensor lives.
   *
   * @throws IllegalArgumentException for a tensor elsewhere or with gaps
   */
  @SuppressWarnings("restricted") // the address and size are the library's own
  public static MemorySegment memory(Tensor tensor) {
    if (!tensor.is_cpu() || !tensor.is_contiguous()) {
      throw new IllegalArgumentException("only a contiguous CPU tensor has memory to share");
    }
    return MemorySegment.ofAddress(tensor.data_ptr().address()).reinterpret(tensor.nbytes());
  }

  /**
   * Whether the elements are of {@code type}: the binding makes the answer of {@code scalar_type()}
   * anew each time, so that it is identical to no constant.
   */
  public static boolean are(ScalarType type, Tensor tensor) {
    return tensor.scalar_type().value == type.value;
  }

  public static TensorOptions options(ScalarType type) {
    return new TensorOptions(type);
  }

  public static TensorOptions options(ScalarType type, Device device) {
    return new TensorOptions(type).device(new DeviceOptional(device));
  }

  private static Tensor allocate(ScalarType type, long... shape) {
    return empty(shape, options(type), new MemoryFormatOptional());
  }

  private static Tensor onCpu(Tensor tensor, ScalarType type) {
    return tensor.detach().cpu().to(type).contiguous();
  }
}
