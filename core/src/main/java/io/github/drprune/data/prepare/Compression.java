package io.github.drprune.data.prepare;

import io.github.drprune.io.GzipStream;
import io.github.drprune.io.ZstdStream;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorInputStream;

/** How a file is compressed, by the suffix of its name. */
enum Compression {
  NONE(List.of()),
  GZIP(List.of(".gz")),
  ZSTD(List.of(".zst", ".zstd")),
  BZIP2(List.of(".bz2"));

  private static final int BUFFER = 1 << 16;

  private final List<String> suffixes;

  Compression(List<String> suffixes) {
    this.suffixes = suffixes;
  }

  static Compression of(Path file) {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    for (var compression : values()) {
      if (compression.suffixes.stream().anyMatch(name::endsWith)) {
        return compression;
      }
    }
    return NONE;
  }

  /** {@code name} without this compression's suffix. */
  String strip(String name) {
    return suffixes.stream()
        .filter(suffix -> name.toLowerCase(Locale.ROOT).endsWith(suffix))
        .findFirst()
        .map(suffix -> name.substring(0, name.length() - suffix.length()))
        .orElse(name);
  }

  /** The plain bytes of {@code in}; several compressed members in a row are read as one. */
  InputStream decompress(InputStream in) throws IOException {
    return switch (this) {
      case NONE -> in;
      case GZIP -> new GzipStream(in);
      case ZSTD -> new ZstdStream(in);
      case BZIP2 -> new BZip2CompressorInputStream(new BufferedInputStream(in, BUFFER), true);
    };
  }
}
