package io.github.drprune.libtorch;

import io.github.drprune.error.UserException;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** Tells want of memory from other failures. */
public final class OutOfMemory {
  private static final double GIB = 1L << 30;

  private OutOfMemory() {}

  /**
   * The mistake behind {@code failure}, where memory ran out: of the C++ library ({@code
   * bad_alloc}), of its allocator for the CPU, of CUDA's, or of Java.
   *
   * @param advice what to do
   */
  public static Optional<UserException> behind(Throwable failure, String advice) {
    return Stream.iterate(failure, cause -> cause != null, Throwable::getCause)
        .filter(OutOfMemory::is)
        .findFirst()
        .map(
            cause ->
                new UserException(
                    String.format(
                        Locale.ROOT,
                        "memory: ran out (%s; the process holds %.1f GiB and %.1f GiB are free);"
                            + " %s",
                        reason(cause),
                        NativeMemory.resident() / GIB,
                        NativeMemory.available() / GIB,
                        advice),
                    failure));
  }

  private static boolean is(Throwable cause) {
    String message = String.valueOf(cause.getMessage());
    return cause instanceof OutOfMemoryError
        || message.contains("bad_alloc")
        || message.contains("not enough memory")
        || message.contains("out of memory");
  }

  private static String reason(Throwable cause) {
    return String.valueOf(cause.getMessage()).lines().findFirst().orElse("no more to allocate");
  }
}
