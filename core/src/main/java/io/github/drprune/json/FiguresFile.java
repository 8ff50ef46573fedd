package io.github.drprune.json;

import io.github.drprune.error.UserException;
import io.github.drprune.io.InputFiles;
import io.github.drprune.io.OutputPaths;
import java.io.IOException;
import java.nio.file.Path;

/** The file of JSON that figures are written to for other programs. */
public final class FiguresFile {
  private FiguresFile() {}

  /**
   * Refuses a path that the figures cannot be written to, or that holds anything but JSON, and a
   * name of {@link #requireName}.
   *
   * @throws UserException naming the path and what to do
   */
  public static void require(Path file) {
    requireName(file);
    OutputPaths.requireFile(file, FiguresFile::holdsJson, "figures in JSON");
  }

  /**
   * Refuses a name such as {@code masks.json}: what is in such a file is JSON as well.
   *
   * @throws UserException naming the path and what to do
   */
  public static void requireName(Path file) {
    OutputPaths.refuseInputName(file);
  }

  private static boolean holdsJson(Path file) throws IOException {
    try {
      return Json.tree(InputFiles.text(file), file.toString()).isContainerNode();
    } catch (UserException e) {
      return false;
    }
  }
}
