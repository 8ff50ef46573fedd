package io.github.drprune.data.parquet;

import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A structure in Thrift's compact protocol, its values by the numbers of their fields: a Boolean, a
 * Long, a byte[], a List or another structure.
 *
 * @see <a href="https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md">
 *     Thrift's compact protocol</a>
 */
record ThriftStruct(Map<Integer, Object> fields) {
  private static final int DEEPEST = 32;

  /** Reads one; bytes that end early are a {@link java.nio.BufferUnderflowException}. */
  static ThriftStruct read(ByteBuffer in) throws IOException {
    return read(in, 0);
  }

  private static ThriftStruct read(ByteBuffer in, int depth) throws IOException {
    if (depth > DEEPEST) {
      throw damaged();
    }
    var fields = new HashMap<Integer, Object>();
    int id = 0;
    for (int head = in.get() & 0xFF; head != 0; head = in.get() & 0xFF) {
      int delta = head >>> 4;
      id = delta == 0 ? (int) zigzag(in) : id + delta;
      int type = head & 0xF;
      fields.put(id, type <= 2 ? (Object) (type == 1) : value(in, type, depth));
    }
    return new ThriftStruct(fields);
  }

  private static Object value(ByteBuffer in, int type, int depth) throws IOException {
    return switch (type) {
      case 1, 2 -> in.get() == 1;
      case 3 -> (long) in.get();
      case 4, 5, 6 -> zigzag(in);
      case 7 -> in.getLong();
      case 8 -> bytes(in);
      case 9, 10 -> list(in, depth);
      case 12 -> read(in, depth + 1);
      // Parquet has no maps.
      default -> throw damaged();
    };
  }

  private static List<Object> list(ByteBuffer in, int depth) throws IOException {
    int head = in.get() & 0xFF;
    long size = head >>> 4 == 15 ? varint(in) : head >>> 4;
    // An element takes a byte or more.
    if (size < 0 || size > in.remaining()) {
      throw damaged();
    }
    var list = new ArrayList<Object>();
    for (long i = 0; i < size; i++) {
      list.add(value(in, head & 0xF, depth + 1));
    }
    return list;
  }

  private static byte[] bytes(ByteBuffer in) throws IOException {
    long length = varint(in);
    if (length < 0 || length > Integer.MAX_VALUE) {
      throw damaged();
    }
    if (length > in.remaining()) {
      throw new BufferUnderflowException();
    }
    byte[] bytes = new byte[(int) length];
    in.get(bytes);
    return bytes;
  }

  /** A number with its sign in the lowest bit. */
  static long zigzag(ByteBuffer in) throws IOException {
    long value = varint(in);
    return value >>> 1 ^ -(value & 1);
  }

  /** A number of seven bits a byte, the low ones first. */
  static long varint(ByteBuffer in) throws IOException {
    long value = 0;
    for (int shift = 0; shift < Long.SIZE; shift += 7) {
      byte next = in.get();
      value |= (next & 0x7FL) << shift;
      if (next >= 0) {
        return value;
      }
    }
    throw damaged();
  }

  private static IOException damaged() {
    return new IOException("its description of itself is damaged");
  }

  private <T> Optional<T> optional(int id, Class<T> type) throws IOException {
    Object value = fields.get(id);
    if (value != null && !type.isInstance(value)) {
      throw damaged();
    }
    return Optional.ofNullable(type.cast(value));
  }

  private <T> T required(int id, Class<T> type) throws IOException {
    return optional(id, type).orElseThrow(ThriftStruct::damaged);
  }

  boolean has(int id) {
    return fields.containsKey(id);
  }

  boolean flag(int id, boolean otherwise) throws IOException {
    return optional(id, Boolean.class).orElse(otherwise);
  }

  long number(int id) throws IOException {
    return required(id, Long.class);
  }

  long number(int id, long otherwise) throws IOException {
    return optional(id, Long.class).orElse(otherwise);
  }

  /** A number that counts something held in memory. */
  int count(int id) throws IOException {
    long count = number(id);
    if (count < 0 || count > Integer.MAX_VALUE) {
      throw damaged();
    }
    return (int) count;
  }

  String text(int id) throws IOException {
    return new String(required(id, byte[].class), StandardCharsets.UTF_8);
  }

  ThriftStruct struct(int id) throws IOException {
    return required(id, ThriftStruct.class);
  }

  List<ThriftStruct> structs(int id) throws IOException {
    var structs = new ArrayList<ThriftStruct>();
    for (Object value : required(id, List.class)) {
      if (!(value instanceof ThriftStruct struct)) {
        throw damaged();
      }
      structs.add(struct);
    }
    return structs;
  }
}
