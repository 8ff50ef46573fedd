package io.github.drprune.data.prepare;

import io.github.drprune.data.Manifest;
import io.github.drprune.data.PreparedData;
import io.github.drprune.error.UserException;
import io.github.drprune.io.FullDisk;
import io.github.drprune.io.Locks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/** The folder that a preparation fills, which one at a time may do. */
record OutputFolder(Path path) {
  /** The file that is locked meanwhile. */
  static final String LOCK = "prepare.lock";

  /** Makes the data. */
  @FunctionalInterface
  interface Filling {
    Manifest fill() throws IOException;
  }

  /** Makes the folder where there is none, and has it filled while nobody else fills it. */
  Manifest filled(Filling filling) throws IOException {
    try {
      Files.createDirectories(path);
      try (var _ = Locks.open(path.resolve(LOCK)).orElseThrow(this::isBeingFilled)) {
        var manifest = filling.fill();
        Files.deleteIfExists(path.resolve(LOCK));
        return manifest;
      }
    } catch (IOException e) {
      Optional<UserException> full = FullDisk.behind(e, path);
      if (full.isPresent()) {
        throw full.get();
      }
      throw e;
    }
  }

  private UserException isBeingFilled() {
    return new UserException(
        path
            + ": another 'drprune prepare' is writing there; wait for it or choose another folder");
  }

  /**
   * The data, where the folder has been completed; data of something else is refused. It may have
   * lost files since.
   */
  Optional<Manifest> complete(Manifest.TokenizerIdentity identity, Fingerprint fingerprint) {
    if (!PreparedData.isIn(path)) {
      return Optional.empty();
    }
    var manifest = Manifest.read(path);
    if (!manifest.tokenizer().sha256().equals(identity.sha256())) {
      throw new UserException(
          path + ": holds data of another tokenizer; delete it or choose another folder");
    }
    if (!manifest.fingerprint().equals(fingerprint.complete())) {
      throw new UserException(
          path
              + ": holds data of other settings or other input; delete it or choose another"
              + " folder");
    }
    return Optional.of(manifest);
  }

  /** Whether {@code manifest}'s files are not there any more; the user is told. */
  boolean isDamaged(Manifest manifest, PrepareListener listener) throws IOException {
    Optional<Path> damaged = manifest.damaged(path);
    damaged.ifPresent(
        file ->
            listener.warning(
                "%s: missing or of another size than it had; the data is prepared again"
                    .formatted(file)));
    return damaged.isPresent();
  }

  /** Refuses a folder with files other than those named {@code own}. */
  void requireNothingBut(Set<String> own) throws IOException {
    try (var children = Files.list(path)) {
      var foreign =
          children
              .map(child -> child.getFileName().toString())
              .filter(name -> !own.contains(name))
              .findFirst();
      if (foreign.isPresent()) {
        throw new UserException(
            "%s: holds other files (%s); choose a new folder".formatted(path, foreign.get()));
      }
    }
  }

  /** The mistake of going on with something else than was begun with. */
  UserException begunOtherwise() {
    return new UserException(
        path
            + ": holds unfinished data of other settings or other input; delete it or choose"
            + " another folder");
  }
}
