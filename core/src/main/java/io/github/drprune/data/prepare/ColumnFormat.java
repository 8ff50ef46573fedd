package io.github.drprune.data.prepare;

import io.github.drprune.data.TextColumns;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;

/**
 * Reads a format that needs libraries which this module does not have; a module that has them
 * offers it as a service.
 */
public interface ColumnFormat {
  /** The format that it reads. */
  Format format();

  /**
   * Opens a slice of a file.
   *
   * @param storage that the file lies in
   * @param columns names, those of nested ones joined by dots
   * @throws io.github.drprune.error.UserException where it has no such column of text
   */
  TextColumns open(InputSlice slice, Storage storage, List<String> columns) throws IOException;

  /** What reads {@code format}, where it is at hand. */
  static Optional<ColumnFormat> of(Format format) {
    // On a cluster the context's loader need not be the program's.
    return ServiceLoader.load(ColumnFormat.class, ColumnFormat.class.getClassLoader()).stream()
        .map(ServiceLoader.Provider::get)
        .filter(reader -> reader.format() == format)
        .findFirst();
  }
}
