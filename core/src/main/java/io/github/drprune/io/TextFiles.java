package io.github.drprune.io;

import io.github.drprune.error.UserException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads whole text files. */
public final class TextFiles {
  private TextFiles() {}

  /**
   * The content of a file in UTF-8.
   *
   * @throws UserException for a file that is not UTF-8 or must not be read, naming it
   */
  public static String read(Path file) throws IOException {
    try {
      return Files.readString(file);
    } catch (CharacterCodingException e) {
      throw new UserException(file + ": not a text in UTF-8; is it damaged, or another file?", e);
    } catch (AccessDeniedException e) {
      throw new UserException(file + ": may not be read; look at its permissions", e);
    }
  }
}
