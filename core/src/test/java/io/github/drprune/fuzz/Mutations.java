package io.github.drprune.fuzz;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.github.drprune.error.UserException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Damages a file at random and has it read: it is read or refused with one line, soon, and without
 * memory taken because the file claims a size. The same seed gives the same damage.
 *
 * <p>{@code -Dfuzz.mutations=2000} asks for more than the usual number.
 */
public final class Mutations {
  private static final int USUAL = 50;
  private static final Duration SOON = Duration.ofSeconds(5);
  private static final long MUCH = 256L << 20;
  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();
  private static final List<String> EDGES =
      List.of("-1", "0", "2147483647", "9223372036854775807", "1e30", "99999999999999999999");

  /** Reads the damaged file as the program does. */
  @FunctionalInterface
  public interface Reading {
    void read(Path file) throws Exception;
  }

  /** How many of the damaged files were read all the same, and how many refused. */
  public record Outcome(int read, int refused) {}

  private Mutations() {}

  /** How many mutations a test of a format makes. */
  public static int count() {
    return Integer.getInteger("fuzz.mutations", USUAL);
  }

  /**
   * Damages {@code file} in {@link #count} ways and reads each; the file is as it was afterwards.
   */
  public static Outcome of(Path file, Reading reading) throws Exception {
    byte[] sound = Files.readAllBytes(file);
    int refused = 0;
    for (int seed = 0; seed < count(); seed++) {
      replace(file, damaged(sound, seed));
      refused += isRefused(file, reading, seed) ? 1 : 0;
    }
    replace(file, sound);
    return new Outcome(count() - refused, refused);
  }

  /** The damage of a seed: a cut, flipped bits, bytes lost or doubled, numbers at their edges. */
  public static byte[] damaged(byte[] sound, long seed) {
    // Neighbouring seeds of Random begin alike.
    var random = new Random(seed * 0x9E3779B97F4A7C15L);
    byte[] bytes = sound.clone();
    int at = random.nextInt(bytes.length);
    switch (random.nextInt(7)) {
      case 0 -> bytes = Arrays.copyOf(bytes, at);
      case 1 -> bytes[at] = (byte) random.nextInt(256);
      case 2 -> bytes = spliced(bytes, at, random.nextInt(16), new byte[0]);
      case 3 -> bytes = spliced(bytes, at, 0, Arrays.copyOfRange(bytes, at / 2, at));
      case 4 -> {
        byte[] edge = new byte[4];
        ByteBuffer.wrap(edge).putInt(random.nextBoolean() ? -1 : Integer.MAX_VALUE);
        bytes = spliced(bytes, at, edge.length, edge);
      }
      case 5 -> bytes = numberAtItsEdge(bytes, at, EDGES.get(random.nextInt(EDGES.size())));
      default -> {
        for (int flips = 1 + random.nextInt(4); flips > 0; flips--) {
          bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
        }
      }
    }
    return bytes;
  }

  private static byte[] spliced(byte[] bytes, int at, int lost, byte[] put) {
    int end = Math.min(bytes.length, at + lost);
    return ByteBuffer.allocate(bytes.length - (end - at) + put.length)
        .put(bytes, 0, at)
        .put(put)
        .put(bytes, end, bytes.length - end)
        .array();
  }

  /** Replaces the first number in digits from {@code from} on. */
  private static byte[] numberAtItsEdge(byte[] bytes, int from, String edge) {
    int start = from;
    while (start < bytes.length && !isDigit(bytes[start])) {
      start++;
    }
    int end = start;
    while (end < bytes.length && isDigit(bytes[end])) {
      end++;
    }
    return spliced(bytes, start, end - start, edge.getBytes(US_ASCII));
  }

  private static boolean isDigit(byte b) {
    return b >= '0' && b <= '9';
  }

  private static boolean isRefused(Path file, Reading reading, long seed) throws Exception {
    String what = "%s with the damage of seed %d".formatted(file.getFileName(), seed);
    var thrown = new AtomicReference<Throwable>();
    long before = THREADS.getTotalThreadAllocatedBytes();
    var reader = Thread.ofPlatform().daemon().unstarted(() -> thrown.set(thrownBy(file, reading)));
    reader.start();
    assertThat(reader.join(SOON)).as(what + " is read within " + SOON).isTrue();
    assertThat(THREADS.getTotalThreadAllocatedBytes() - before)
        .as(what + ": bytes allocated")
        .isLessThan(MUCH);
    if (thrown.get() != null) {
      assertThat(thrown.get()).as(what).isInstanceOf(UserException.class);
      assertThat(thrown.get().getMessage())
          .as(what)
          .isNotBlank()
          .doesNotContainPattern("\\p{Cntrl}");
    }
    return thrown.get() != null;
  }

  private static Throwable thrownBy(Path file, Reading reading) {
    try {
      reading.read(file);
      return null;
    } catch (Throwable e) {
      return e;
    }
  }

  /** A new file: some file systems force one that is cut and written again to the disk. */
  private static void replace(Path file, byte[] bytes) throws IOException {
    Files.delete(file);
    Files.write(file, bytes, StandardOpenOption.CREATE_NEW);
  }
}
