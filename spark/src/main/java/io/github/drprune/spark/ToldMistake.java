package io.github.drprune.spark;

import io.github.drprune.error.UserException;
import io.github.drprune.io.AtomicFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;

/**
 * A mistake that one of several tasks met alone, told to the others before it leaves them: they
 * would take it for lost, and the stage would run again, to the same mistake.
 *
 * @param file that all machines see
 */
record ToldMistake(Path file) {
  /** Of a run that begins, beside its folder, which may not be there yet. */
  static ToldMistake of(Path output) {
    String name = ".%s.mistake-%s".formatted(output.getFileName(), UUID.randomUUID());
    return new ToldMistake(output.resolveSibling(name));
  }

  void tell(UserException mistake) {
    try {
      Files.createDirectories(file.getParent());
      AtomicFiles.text(file, mistake.getMessage());
    } catch (IOException e) {
      // The stage then runs again, as where a task is lost: the mistake itself matters more.
      mistake.addSuppressed(e);
    }
  }

  Optional<String> read() throws IOException {
    return Files.exists(file) ? Optional.of(Files.readString(file)) : Optional.empty();
  }

  void forget() throws IOException {
    Files.deleteIfExists(file);
  }
}
