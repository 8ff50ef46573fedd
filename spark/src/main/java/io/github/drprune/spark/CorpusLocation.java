package io.github.drprune.spark;

import io.github.drprune.data.prepare.Corpus;
import io.github.drprune.data.prepare.CorpusInput;
import io.github.drprune.data.prepare.PrepareConfig;
import io.github.drprune.data.prepare.Storage;
import io.github.drprune.error.UserException;
import java.io.IOException;
import java.io.Serializable;
import java.net.URI;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;

/**
 * The file system of a corpus, for every process to open.
 *
 * @param system its address, such as {@code hdfs://name:8020/}; null for files that all machines
 *     see at the same paths
 * @param settings Hadoop's; empty for such files
 */
record CorpusLocation(String system, Map<String, String> settings) implements Serializable {
  private static final Pattern SCHEME = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]+:/.*");

  /** A corpus and where it lies. */
  record Found(CorpusLocation location, Corpus corpus) {}

  /** Finds a corpus. */
  static Found find(CorpusInput input, PrepareConfig config, Configuration hadoop)
      throws IOException {
    List<String> paths = input.paths();
    CorpusLocation location = of(paths.getFirst(), hadoop);
    for (String path : paths) {
      if (!location.isSameSystem(of(path, hadoop))) {
        throw new UserException(
            "%s: lies in another file system than %s; have all text in one"
                .formatted(path, paths.getFirst()));
      }
    }
    return new Found(
        location, input.withPaths(CorpusLocation::withoutAddress).find(config, location.open()));
  }

  private static CorpusLocation of(String path, Configuration hadoop) {
    URI uri = SCHEME.matcher(path).matches() ? uri(path) : null;
    if (uri == null || uri.getScheme().equals("file")) {
      return new CorpusLocation(null, Map.of());
    }
    Map<String, String> settings = new HashMap<>();
    hadoop.forEach(setting -> settings.put(setting.getKey(), hadoop.get(setting.getKey())));
    try {
      return new CorpusLocation(FileSystem.get(uri, hadoop).getUri().toString(), settings);
    } catch (IOException | IllegalArgumentException e) {
      throw new UserException(
          "%s: the file system cannot be reached (%s); check the address and Spark's settings for it"
              .formatted(path, e.getMessage()),
          e);
    }
  }

  /** As Hadoop reads it, which takes spaces. */
  private static URI uri(String path) {
    return new org.apache.hadoop.fs.Path(path).toUri();
  }

  private boolean isSameSystem(CorpusLocation other) {
    return system == null ? other.system == null : system.equals(other.system);
  }

  /** A path without the address of the file system; of an address alone it is the root. */
  private static String withoutAddress(String given) {
    if (!SCHEME.matcher(given).matches()) {
      return Path.of(given).toAbsolutePath().toString();
    }
    String path = uri(given).getPath();
    return path.isEmpty() ? "/" : path;
  }

  /** The file system. */
  Storage open() throws IOException {
    if (system == null) {
      return Storage.LOCAL;
    }
    var hadoop = new Configuration(false);
    settings.forEach(hadoop::set);
    return new HadoopStorage(FileSystem.get(URI.create(system), hadoop));
  }
}
