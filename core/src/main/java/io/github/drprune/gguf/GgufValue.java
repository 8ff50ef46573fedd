package io.github.drprune.gguf;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** A value of a file's metadata. */
public sealed interface GgufValue {
  /** The types of values, in the order of the numbers that files call them by. */
  enum Type {
    UINT8,
    INT8,
    UINT16,
    INT16,
    UINT32,
    INT32,
    FLOAT32,
    BOOL,
    STRING,
    ARRAY,
    UINT64,
    INT64,
    FLOAT64
  }

  /** The type that a file writes before it. */
  Type type();

  /**
   * A whole number.
   *
   * @param value of type UINT64 as a signed number of the same bits
   */
  record Whole(Type type, long value) implements GgufValue {
    @Override
    public String toString() {
      return type == Type.UINT64 ? Long.toUnsignedString(value) : Long.toString(value);
    }
  }

  /** A number of type FLOAT32 or FLOAT64. */
  record Decimal(Type type, double value) implements GgufValue {
    @Override
    public String toString() {
      return type == Type.FLOAT32 ? Float.toString((float) value) : Double.toString(value);
    }
  }

  record Flag(boolean value) implements GgufValue {
    @Override
    public Type type() {
      return Type.BOOL;
    }

    @Override
    public String toString() {
      return Boolean.toString(value);
    }
  }

  record Text(String value) implements GgufValue {
    @Override
    public Type type() {
      return Type.STRING;
    }

    @Override
    public String toString() {
      return value;
    }
  }

  /** Values of one type. */
  record Array(Type element, List<GgufValue> values) implements GgufValue {
    public Array {
      values = List.copyOf(values);
    }

    @Override
    public Type type() {
      return Type.ARRAY;
    }

    @Override
    public String toString() {
      return values.stream().map(GgufValue::toString).collect(Collectors.joining(", ", "[", "]"));
    }
  }

  static GgufValue of(String text) {
    return new Text(text);
  }

  static GgufValue of(boolean flag) {
    return new Flag(flag);
  }

  /** An unsigned number of 32 bits, as most keys want it. */
  static GgufValue of(int number) {
    return new Whole(Type.UINT32, number);
  }

  /** A number of single precision. */
  static GgufValue of(double number) {
    return new Decimal(Type.FLOAT32, (float) number);
  }

  static GgufValue texts(List<String> texts) {
    return new Array(Type.STRING, texts.stream().<GgufValue>map(Text::new).toList());
  }

  static GgufValue ints(int... numbers) {
    return new Array(
        Type.INT32,
        Arrays.stream(numbers).<GgufValue>mapToObj(n -> new Whole(Type.INT32, n)).toList());
  }

  static GgufValue floats(float... numbers) {
    return new Array(
        Type.FLOAT32,
        IntStream.range(0, numbers.length)
            .<GgufValue>mapToObj(i -> new Decimal(Type.FLOAT32, numbers[i]))
            .toList());
  }
}
