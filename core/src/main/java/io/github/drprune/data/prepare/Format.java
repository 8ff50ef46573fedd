package io.github.drprune.data.prepare;

import io.github.drprune.error.UserException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/** The kinds of input file. */
public enum Format {
  /** One JSON object a line. */
  JSONL,
  /** UTF-8 text, a document a file. */
  TEXT,
  /** Apache Parquet, a document a row. */
  PARQUET,
  /** Apache ORC, a document a row; read where a {@link ColumnFormat} is at hand. */
  ORC,
  /** A shard of a MosaicML streaming folder: sequences of tokens. */
  MDS;

  /** The format a file's name stands for; compression suffixes do not matter. */
  static Optional<Format> of(Path file) {
    String name = Compression.of(file).strip(file.getFileName().toString());
    int dot = name.lastIndexOf('.');
    return switch (name.substring(dot + 1).toLowerCase(Locale.ROOT)) {
      case "jsonl", "ndjson", "json" -> Optional.of(JSONL);
      case "txt", "text", "md" -> Optional.of(TEXT);
      case "parquet" -> Optional.of(PARQUET);
      case "orc" -> Optional.of(ORC);
      default -> Optional.empty();
    };
  }

  /** Whether a record has named fields. */
  boolean hasFields() {
    return switch (this) {
      case JSONL, PARQUET, ORC -> true;
      case TEXT, MDS -> false;
    };
  }

  /** Refuses a file that nothing here can read. */
  void requireReadable(Path file) {
    if (this == ORC && ColumnFormat.of(this).isEmpty()) {
      throw new UserException(
          file
              + ": ORC is read by 'drprune spark-prepare' alone; use that, or convert it to"
              + " Parquet");
    }
  }
}
