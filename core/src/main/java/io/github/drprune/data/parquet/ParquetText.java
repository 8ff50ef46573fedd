package io.github.drprune.data.parquet;

import io.github.drprune.error.Printable;
import io.github.drprune.error.UserException;
import io.github.drprune.json.Suggestion;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/** The values of a column of text, row by row. Damage is an {@link IOException}. */
public final class ParquetText implements Closeable {
  private final SeekableByteChannel file;
  private final ParquetFooter footer;
  private final ParquetFooter.Column column;
  private final Iterator<ParquetFooter.Group> groups;
  private final long rows;
  private ChunkPages pages;
  private ChunkPages.Page page;
  private int inPage;
  private ByteBuffer value;

  /**
   * Reads some of the row groups: those that begin in a part of the rows.
   *
   * @param file closed with this
   * @param path how messages call it
   * @param field the column's name; those of nested ones are joined by dots
   * @param from the part's beginning, as a share of all rows; 0 is the first row
   * @param to its end; 1 is behind the last row
   */
  public ParquetText(SeekableByteChannel file, Path path, String field, double from, double to)
      throws IOException {
    this.file = file;
    try {
      this.footer = ParquetFooter.read(file);
      this.column = column(path, field);
      List<ParquetFooter.Group> chosen = groups(from, to);
      this.groups = chosen.iterator();
      this.rows = chosen.stream().mapToLong(ParquetFooter.Group::rows).sum();
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  private ParquetFooter.Column column(Path path, String field) {
    var column =
        footer.columns().stream()
            .filter(candidate -> candidate.path().equals(field))
            .findFirst()
            .orElseThrow(
                () ->
                    new UserException(
                        "%s: no column '%s'%s; name the field of the text"
                            .formatted(
                                path,
                                field,
                                Suggestion.among(
                                    field,
                                    footer.columns().stream()
                                        .map(other -> Printable.line(other.path()))
                                        .toList()))));
    if (!column.type().equals("BYTE_ARRAY") || column.repeated()) {
      throw new UserException(
          "%s: column '%s' is %s%s, not a text a row; name another field for the text"
              .formatted(path, field, column.repeated() ? "a list of " : "", column.type()));
    }
    return column;
  }

  private List<ParquetFooter.Group> groups(double from, double to) {
    List<ParquetFooter.Group> chosen = new ArrayList<>();
    long before = 0;
    for (var group : footer.groups()) {
      double begins = footer.rows() == 0 ? 0 : (double) before / footer.rows();
      if (begins >= from && begins < to) {
        chosen.add(group);
      }
      before += group.rows();
    }
    return chosen;
  }

  /** Rows that are read. */
  public long rows() {
    return rows;
  }

  /** Goes to the next row; false at the end. */
  public boolean next() throws IOException {
    while (page == null || inPage == page.count()) {
      if (!nextPage()) {
        return false;
      }
    }
    inPage++;
    boolean present = page.levels() == null || page.levels().next() == column.definition();
    value = present ? page.values().next() : null;
    return true;
  }

  private boolean nextPage() throws IOException {
    inPage = 0;
    page = pages == null ? null : pages.next();
    if (page != null) {
      return true;
    }
    if (!groups.hasNext()) {
      return false;
    }
    pages = new ChunkPages(file, footer, column, groups.next());
    page = pages.next();
    return page != null || nextPage();
  }

  /** The row's text in UTF-8, valid until the next row; null where the row has none. */
  public ByteBuffer value() {
    return value;
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
