package io.github.drprune.io;

import io.github.drprune.error.UserException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.Stream;

/** Tells a device, quota or file limit that is full from other failures to write. */
public final class FullDisk {
  private FullDisk() {}

  /** The mistake behind {@code failure}, where {@code folder} had no room for what was written. */
  public static Optional<UserException> behind(Throwable failure, Path folder) {
    return Stream.iterate(failure, cause -> cause != null, Throwable::getCause)
        .filter(IOException.class::isInstance)
        .flatMap(cause -> reason(String.valueOf(cause.getMessage())).stream())
        .findFirst()
        .map(
            reason ->
                new UserException(
                    "%s: %s; make room and repeat the command to go on".formatted(folder, reason),
                    failure));
  }

  // As the C library words ENOSPC, EDQUOT and EFBIG, which Java passes through.
  static Optional<String> reason(String message) {
    if (message.contains("No space left")) {
      return Optional.of("no space left on the device");
    }
    if (message.contains("quota exceeded")) {
      return Optional.of("the disk quota is used up (no space left)");
    }
    if (message.contains("File too large")) {
      return Optional.of("a file exceeds the limit of 'ulimit -f' (no space left)");
    }
    return Optional.empty();
  }
}
