package io.github.drprune.export;

import io.github.drprune.gguf.TensorType;
import io.github.drprune.safetensors.WeightValues;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Numbers as the bytes of a type that can be written. */
enum NumberEncoding {
  F32(TensorType.F32) {
    @Override
    boolean put(float[] values, ByteBuffer bytes) {
      for (float value : values) {
        bytes.putFloat(value);
      }
      return true;
    }
  },
  F16(TensorType.F16) {
    @Override
    boolean put(float[] values, ByteBuffer bytes) {
      boolean fits = true;
      for (float value : values) {
        fits &= Math.abs(value) < F16_END;
        bytes.putShort(Float.floatToFloat16(value));
      }
      return fits;
    }
  },
  BF16(TensorType.BF16) {
    @Override
    boolean put(float[] values, ByteBuffer bytes) {
      boolean fits = true;
      for (float value : values) {
        short rounded = WeightValues.toBf16(value);
        fits &= (rounded & 0x7f80) != 0x7f80;
        bytes.putShort(rounded);
      }
      return fits;
    }
  },
  Q8_0(TensorType.Q8_0) {
    @Override
    boolean put(float[] values, ByteBuffer bytes) {
      boolean fits = true;
      int block = TensorType.Q8_0.blockSize();
      for (int from = 0; from < values.length; from += block) {
        float largest = 0;
        for (int i = from; i < from + block; i++) {
          largest = Math.max(largest, Math.abs(values[i]));
        }
        float step = largest / Byte.MAX_VALUE;
        fits &= step < F16_END;
        bytes.putShort(Float.floatToFloat16(step));
        float perStep = step == 0 ? 0 : 1 / step;
        for (int i = from; i < from + block; i++) {
          bytes.put((byte) roundedAway(values[i] * perStep));
        }
      }
      return fits;
    }
  };

  /** From here on a number rounds to infinity in half precision. */
  private static final float F16_END = 65_520;

  private final TensorType type;

  NumberEncoding(TensorType type) {
    this.type = type;
  }

  static NumberEncoding of(TensorType type) {
    return valueOf(type.name());
  }

  /** Halves away from zero, as C's {@code roundf} has it and ggml uses it. */
  private static int roundedAway(float value) {
    return value < 0 ? -Math.round(-value) : Math.round(value);
  }

  abstract boolean put(float[] values, ByteBuffer bytes);

  /** Writes whole blocks; false when a number is too large for the type. */
  boolean write(float[] values, OutputStream out) throws IOException {
    var bytes =
        ByteBuffer.allocate(Math.toIntExact(type.bytes(values.length)))
            .order(ByteOrder.LITTLE_ENDIAN);
    boolean fits = put(values, bytes);
    out.write(bytes.array());
    return fits;
  }
}
