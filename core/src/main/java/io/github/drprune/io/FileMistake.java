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

/** What the file system refused, as a mistake that the user can mend. */
public final class FileMistake {
  private static final String ROOM = "; make room and give the same command again";

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
    return FullDisk.reason(String.valueOf(e.getMessage()))
        .map(reason -> new UserException(reason + ROOM, e));
  }

  private static String advised(String reason) {
    String plain = reason == null ? "cannot be used" : reason;
    return FullDisk.reason(plain).map(full -> full + ROOM).orElse(plain + "; check the path");
  }
}
