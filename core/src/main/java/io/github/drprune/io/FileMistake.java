package io.github.drprune.io;

import io.github.drprune.error.UserException;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.util.Optional;
import java.util.Set;

/** What the file system refused, as a mistake that the user can mend. */
public final class FileMistake {
  /** The system's words where Java does not say which file it was. */
  private static final Set<String> FULL =
      Set.of("No space left on device", "Disk quota exceeded", "File too large");

  private FileMistake() {}

  /** The mistake behind {@code e}; empty where the program or the machine failed. */
  public static Optional<UserException> of(IOException e) {
    if (e instanceof FileSystemException refused) {
      String reason =
          switch (refused) {
            case NoSuchFileException _ -> "no such file or folder; check the path";
            case AccessDeniedException _ -> "permission denied; change the permissions";
            case NotDirectoryException _ -> "not a folder; check the path";
            case DirectoryNotEmptyException _ -> "the folder is not empty; name another";
            case FileAlreadyExistsException _ -> "exists already; name another";
            default -> advised(refused.getReason());
          };
      String other = refused.getOtherFile() == null ? "" : " to " + refused.getOtherFile();
      return Optional.of(
          new UserException("%s%s: %s".formatted(refused.getFile(), other, reason), e));
    }
    return e.getMessage() != null && FULL.contains(e.getMessage())
        ? Optional.of(new UserException(advised(e.getMessage()), e))
        : Optional.empty();
  }

  private static String advised(String reason) {
    String plain = reason == null ? "cannot be used" : reason;
    return FULL.contains(plain)
        ? plain + "; make room and give the same command again"
        : plain + "; check the path";
  }
}
