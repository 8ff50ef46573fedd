package io.github.drprune.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.drprune.error.UserException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.security.AccessControlException;
import org.junit.jupiter.api.Test;

class HadoopStorageTest {
  /** As a bucket answers whose rights are not the user's. */
  private static final class Denied extends RawLocalFileSystem {
    @Override
    public FileStatus getFileStatus(org.apache.hadoop.fs.Path path) throws IOException {
      throw new AccessControlException(
          "Permission denied: user=me, path=" + path.toUri().getPath());
    }
  }

  @Test
  void whatTheUserMayNotSeeIsAMistakeThatNamesIt() throws IOException {
    try (var system = new Denied()) {
      system.initialize(URI.create("file:///"), new Configuration());
      var storage = new HadoopStorage(system);
      assertThatThrownBy(() -> storage.isFolder(Path.of("/corpus")))
          .isInstanceOf(UserException.class)
          .hasMessage("/corpus: cannot be read: Permission denied: user=me, path=/corpus");
    }
  }

  @Test
  void whatIsNotThereIsNeitherFileNorFolder() throws IOException {
    try (var system = new RawLocalFileSystem()) {
      system.initialize(URI.create("file:///"), new Configuration());
      var storage = new HadoopStorage(system);
      assertThat(storage.isFolder(Path.of("/no/such"))).isFalse();
      assertThat(storage.isFile(Path.of("/no/such"))).isFalse();
      assertThat(storage.isFolder(Path.of("/"))).isTrue();
    }
  }
}
