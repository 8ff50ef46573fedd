package io.github.drprune.io;

import io.github.drprune.error.Printable;
import io.github.drprune.error.UserException;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/** Tells in plain words why a file cannot be read. */
public final class ReadErrors {
  private ReadErrors() {}

  /** The user's mistake behind a failed attempt to read {@code file}. */
  public static UserException of(Path file, IOException e) {
    return new UserException("%s: cannot be read: %s".formatted(file, reason(e)), e);
  }

  /** Why, in words; empty where the exception has none. */
  public static String reason(IOException e) {
    return switch (e) {
      case AccessDeniedException denied -> "no permission; give it or leave the file out";
      case NoSuchFileException absent -> "no such file; is it a link to nothing?";
      case FileSystemException other when other.getReason() != null ->
          Printable.line(other.getReason());
      case CharacterCodingException coding -> "its bytes are not UTF-8 text";
      case EOFException end when end.getMessage() == null -> "it ends early";
      default -> e.getMessage() == null ? "" : Printable.line(e.getMessage());
    };
  }
}
