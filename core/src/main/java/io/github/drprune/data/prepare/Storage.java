package io.github.drprune.data.prepare;

import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Path;
import java.util.List;

/**
 * The file system that a corpus lies in, as far as a preparation needs one. A path is one of that
 * system's, whatever the machine's own has there.
 */
public interface Storage {
  /** This machine's own. */
  Storage LOCAL = new LocalStorage();

  /** Whether a folder is there. */
  boolean isFolder(Path path);

  /** Whether a file is there. */
  boolean isFile(Path path);

  /** What lies in a folder, in any order. */
  List<Path> children(Path folder) throws IOException;

  /** The path with links followed: all names of a file have the same. */
  Path real(Path path) throws IOException;

  /** How long a file is. */
  long bytes(Path file) throws IOException;

  /** When a file was last changed, in milliseconds since 1970. */
  long modified(Path file) throws IOException;

  /** Opens a file for reading. */
  SeekableByteChannel open(Path file) throws IOException;
}
