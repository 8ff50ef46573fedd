package io.github.drprune.data;

import io.github.drprune.error.Printable;
import io.github.drprune.error.UserException;
import io.github.drprune.json.Suggestion;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/** Columns of text of some rows, row by row. Damage is an {@link IOException}. */
public interface TextColumns extends Closeable {
  /** How many rows there are. */
  long rows();

  /** Goes to the next row; false at the end. */
  boolean next() throws IOException;

  /**
   * The row's value in UTF-8, in an array, valid until the next row; null where the row has none.
   *
   * @param column its place among the columns asked for
   */
  ByteBuffer value(int column);

  /**
   * The mistake of naming a column that is not there.
   *
   * @param columns those that are
   */
  static UserException missing(Path file, String column, List<String> columns) {
    return new UserException(
        "%s: no column '%s'%s; name a column of text"
            .formatted(
                file,
                column,
                Suggestion.among(column, columns.stream().map(Printable::line).toList())));
  }

  /**
   * The mistake of naming a column of something else.
   *
   * @param type what it is of
   */
  static UserException noText(Path file, String column, String type) {
    return new UserException(
        "%s: column '%s' is %s, not a text a row; name a column of text"
            .formatted(file, column, type));
  }
}
