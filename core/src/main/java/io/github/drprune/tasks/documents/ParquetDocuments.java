package io.github.drprune.tasks.documents;

import io.github.drprune.data.parquet.ParquetRows;
import io.github.drprune.io.InputFiles;
import io.github.drprune.io.ReadErrors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/** Documents in Parquet: a row each. Columns that are not read are refused where they are used. */
final class ParquetDocuments {
  private ParquetDocuments() {}

  static List<Map<String, Object>> read(Path file) throws IOException {
    InputFiles.requireFile(file, "check the path");
    InputFiles.refuseLfsPointer(file);
    try {
      return ParquetRows.read(file);
    } catch (IOException e) {
      throw ReadErrors.of(file, e);
    }
  }
}
