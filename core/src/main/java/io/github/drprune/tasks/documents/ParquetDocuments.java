package io.github.drprune.tasks.documents;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

final class ParquetDocuments {
  static List<Map<String, Object>> read(Path file) throws IOException {
    throw new IOException("later");
  }
}
