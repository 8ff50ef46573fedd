package io.github.drprune.data.parquet;

import io.github.drprune.data.TextColumns;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/** Columns of text of a Parquet file; no others are read. */
public final class ParquetText implements TextColumns {
  private final SeekableByteChannel file;
  private final ParquetFooter footer;
  private final List<Cursor> columns = new ArrayList<>();
  private final long rows;

  /**
   * Reads some of the row groups: those that begin in a part of the rows.
   *
   * @param file closed with this
   * @param path how messages call it
   * @param fields the columns' names; those of nested ones are joined by dots
   * @param from the part's beginning, as a share of all rows; 0 is the first row
   * @param to its end; 1 is behind the last row
   */
  public ParquetText(
      SeekableByteChannel file, Path path, List<String> fields, double from, double to)
      throws IOException {
    this.file = file;
    try {
      this.footer = ParquetFooter.read(file);
      List<ParquetFooter.Group> chosen = groups(from, to);
      for (String field : fields) {
        columns.add(new Cursor(column(path, field), chosen.iterator()));
      }
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
                    TextColumns.missing(
                        path,
                        field,
                        footer.columns().stream().map(ParquetFooter.Column::path).toList()));
    if (!column.type().equals("BYTE_ARRAY") || column.repeated()) {
      throw TextColumns.noText(
          path, field, (column.repeated() ? "a list of " : "") + column.type());
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

  @Override
  public long rows() {
    return rows;
  }

  @Override
  public boolean next() throws IOException {
    boolean more = true;
    for (Cursor column : columns) {
      more &= column.next(); // a chunk has as many values as its group has rows
    }
    return more;
  }

  @Override
  public ByteBuffer value(int column) {
    return columns.get(column).value;
  }

  @Override
  public void close() throws IOException {
    file.close();
  }

  /** A place in a column. */
  private final class Cursor {
    private final ParquetFooter.Column column;
    private final Iterator<ParquetFooter.Group> groups;
    private ChunkPages pages;
    private ChunkPages.Page page;
    private int inPage;
    private ByteBuffer value;

    private Cursor(ParquetFooter.Column column, Iterator<ParquetFooter.Group> groups) {
      this.column = column;
      this.groups = groups;
    }

    private boolean next() throws IOException {
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
  }
}
