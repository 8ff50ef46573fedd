package io.github.drprune.tasks.file;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.util.Map;

/** The task files that the program brings: those of the paper's lists, as in the harness. */
final class BuiltInTasks {
  private static final String FOLDER = "io/github/drprune/tasks/library";
  private static final String FILE = "/" + FOLDER + "/drpruning.yaml";

  private BuiltInTasks() {}

  /** The folder that they are in, which may be inside the program's archive. */
  static Path folder() throws IOException {
    try {
      URI file = BuiltInTasks.class.getResource(FILE).toURI();
      Path path = file.getScheme().equals("jar") ? archive(file).getPath(FILE) : Path.of(file);
      return path.getParent();
    } catch (URISyntaxException e) {
      throw new AssertionError("the class path has names that are no URIs", e);
    }
  }

  static boolean contains(Path file) {
    return file.toAbsolutePath().getParent().endsWith(FOLDER);
  }

  /** It stays open: the files are read when they are asked for. */
  private static synchronized FileSystem archive(URI file) throws IOException {
    try {
      return FileSystems.getFileSystem(file);
    } catch (FileSystemNotFoundException e) {
      return FileSystems.newFileSystem(file, Map.of());
    }
  }
}
