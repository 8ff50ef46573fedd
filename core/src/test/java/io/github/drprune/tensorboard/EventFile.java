package io.github.drprune.tensorboard;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Reads event files as the specifications tell (TFRecord; protocol buffers; RFC 3720 for CRC-32C),
 * sharing nothing with the writer. A checksum that is wrong is an error.
 */
record EventFile(List<Event> events) {
  record Event(
      double wallTime,
      long step,
      String fileVersion,
      long sessionStatus,
      Map<String, Float> scalars,
      Map<String, Map<Integer, List<Double>>> histograms) {}

  /** A message's fields: numbers as long bits, everything else as bytes. */
  private record Field(int number, long bits, byte[] bytes) {
    String text() {
      return new String(bytes, StandardCharsets.UTF_8);
    }
  }

  static EventFile read(Path file) throws IOException {
    var buffer = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    var events = new ArrayList<Event>();
    while (buffer.hasRemaining()) {
      byte[] header = new byte[8];
      buffer.get(header);
      check(header, buffer.getInt());
      byte[] data =
          new byte
              [Math.toIntExact(ByteBuffer.wrap(header).order(ByteOrder.LITTLE_ENDIAN).getLong())];
      buffer.get(data);
      check(data, buffer.getInt());
      events.add(event(data));
    }
    return new EventFile(events);
  }

  private static void check(byte[] data, int masked) {
    int rotated = masked - 0xa282ead8;
    int crc = rotated << 15 | rotated >>> 17;
    if (crc != crc32c(data)) {
      throw new AssertionError("wrong checksum");
    }
  }

  /** Bit by bit, with the reversed Castagnoli polynomial. */
  static int crc32c(byte[] data) {
    int crc = ~0;
    for (byte b : data) {
      crc ^= b & 0xff;
      for (int bit = 0; bit < 8; bit++) {
        crc = crc >>> 1 ^ ((crc & 1) == 1 ? 0x82f63b78 : 0);
      }
    }
    return ~crc;
  }

  private static Event event(byte[] data) {
    double wallTime = 0;
    long step = 0;
    String version = null;
    long status = 0;
    var scalars = new TreeMap<String, Float>();
    var histograms = new TreeMap<String, Map<Integer, List<Double>>>();
    for (var field : fields(data)) {
      switch (field.number) {
        case 1 -> wallTime = Double.longBitsToDouble(field.bits);
        case 2 -> step = field.bits;
        case 3 -> version = field.text();
        case 5 -> fields(field.bytes).forEach(value -> value(value.bytes, scalars, histograms));
        case 7 -> status = fields(field.bytes).getFirst().bits;
        default -> throw new AssertionError("field " + field.number);
      }
    }
    return new Event(wallTime, step, version, status, scalars, histograms);
  }

  private static void value(
      byte[] data, Map<String, Float> scalars, Map<String, Map<Integer, List<Double>>> histograms) {
    String tag = null;
    for (var field : fields(data)) {
      switch (field.number) {
        case 1 -> tag = field.text();
        case 2 -> scalars.put(tag, Float.intBitsToFloat((int) field.bits));
        case 5 -> histograms.put(tag, histogram(field.bytes));
        default -> throw new AssertionError("field " + field.number);
      }
    }
  }

  private static Map<Integer, List<Double>> histogram(byte[] data) {
    var numbers = new TreeMap<Integer, List<Double>>();
    for (var field : fields(data)) {
      var values = numbers.computeIfAbsent(field.number, key -> new ArrayList<>());
      if (field.bytes == null) {
        values.add(Double.longBitsToDouble(field.bits));
      } else {
        var packed = ByteBuffer.wrap(field.bytes).order(ByteOrder.LITTLE_ENDIAN);
        while (packed.hasRemaining()) {
          values.add(packed.getDouble());
        }
      }
    }
    return numbers;
  }

  private static List<Field> fields(byte[] data) {
    var buffer = ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN);
    var fields = new ArrayList<Field>();
    while (buffer.hasRemaining()) {
      int key = (int) varint(buffer);
      int number = key >>> 3;
      fields.add(
          switch (key & 7) {
            case 0 -> new Field(number, varint(buffer), null);
            case 1 -> new Field(number, buffer.getLong(), null);
            case 5 -> new Field(number, buffer.getInt(), null);
            case 2 -> {
              byte[] bytes = new byte[(int) varint(buffer)];
              buffer.get(bytes);
              yield new Field(number, 0, bytes);
            }
            default -> throw new AssertionError("wire type " + (key & 7));
          });
    }
    return fields;
  }

  private static long varint(ByteBuffer buffer) {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      byte next = buffer.get();
      value |= (long) (next & 0x7f) << shift;
      if (next >= 0) {
        return value;
      }
    }
    throw new AssertionError("varint too long");
  }
}
