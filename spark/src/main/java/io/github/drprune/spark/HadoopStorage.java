package io.github.drprune.spark;

import io.github.drprune.data.prepare.Storage;
import io.github.drprune.io.ReadErrors;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;

/**
 * A file system that Hadoop reads, such as HDFS or an object store. What a folder lists is known
 * from then on: a corpus has many files, and each question is a call over the network.
 */
final class HadoopStorage implements Storage {
  private final FileSystem system;
  private final Map<Path, FileStatus> known = new ConcurrentHashMap<>();

  HadoopStorage(FileSystem system) {
    this.system = system;
  }

  FileSystem system() {
    return system;
  }

  private org.apache.hadoop.fs.Path path(Path path) {
    return system.makeQualified(new org.apache.hadoop.fs.Path(path.toString()));
  }

  /**
   * What is known of a path; null where there is nothing.
   *
   * @throws io.github.drprune.error.UserException where the file system does not tell
   */
  private FileStatus status(Path path) {
    return known.computeIfAbsent(
        path,
        asked -> {
          try {
            return system.getFileStatus(path(asked));
          } catch (FileNotFoundException e) {
            return null;
          } catch (IOException e) {
            throw ReadErrors.of(asked, e);
          }
        });
  }

  private FileStatus existing(Path path) throws IOException {
    FileStatus status = status(path);
    return status == null ? system.getFileStatus(path(path)) : status;
  }

  @Override
  public boolean isFolder(Path path) {
    FileStatus status = status(path);
    return status != null && status.isDirectory();
  }

  @Override
  public boolean isFile(Path path) {
    FileStatus status = status(path);
    return status != null && status.isFile();
  }

  @Override
  public List<Path> children(Path folder) throws IOException {
    List<Path> children = new ArrayList<>();
    for (FileStatus status : system.listStatus(path(folder))) {
      Path child = folder.resolve(status.getPath().getName());
      if (!status.isSymlink()) { // which says nothing of what it leads to
        known.put(child, status);
      }
      children.add(child);
    }
    return children;
  }

  @Override
  public Path real(Path path) {
    return path.normalize();
  }

  @Override
  public long bytes(Path file) throws IOException {
    return existing(file).getLen();
  }

  @Override
  public long modified(Path file) throws IOException {
    return existing(file).getModificationTime();
  }

  @Override
  public SeekableByteChannel open(Path file) throws IOException {
    return new HadoopChannel(system.open(path(file)), bytes(file));
  }
}
