package io.github.drprune.spark;

import java.net.URI;
import org.apache.hadoop.fs.RawLocalFileSystem;

/** This machine's files as a file system that only Hadoop knows: {@code shared:///path}. */
public final class SharedFiles extends RawLocalFileSystem {
  @Override
  public String getScheme() {
    return "shared";
  }

  @Override
  public URI getUri() {
    return URI.create("shared:///");
  }
}
