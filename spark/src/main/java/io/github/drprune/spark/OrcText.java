package io.github.drprune.spark;

import io.github.drprune.data.TextColumns;
import io.github.drprune.data.prepare.InputSlice;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.hadoop.hive.ql.exec.vector.BytesColumnVector;
import org.apache.hadoop.hive.ql.exec.vector.ColumnVector;
import org.apache.hadoop.hive.ql.exec.vector.StructColumnVector;
import org.apache.hadoop.hive.ql.exec.vector.VectorizedRowBatch;
import org.apache.orc.Reader;
import org.apache.orc.RecordReader;
import org.apache.orc.TypeDescription;
import org.apache.orc.TypeDescription.Category;

/** Columns of text of the stripes of an ORC file that begin in a slice; no others are read. */
final class OrcText implements TextColumns {
  /** Rows held at a time; a text may be long. */
  private static final int BATCH = 64;

  private final Reader file;
  private final RecordReader reader;
  private final VectorizedRowBatch batch;

  /** The vectors that lead to each column, itself the last. */
  private final List<List<ColumnVector>> columns = new ArrayList<>();

  private final long rows;
  private int row = -1;

  /**
   * @param file closed with this
   * @param fields the columns' names; those of nested ones are joined by dots
   */
  OrcText(Reader file, InputSlice slice, List<String> fields) throws IOException {
    this.file = file;
    try {
      TypeDescription schema = file.getSchema();
      this.batch = schema.createRowBatch(BATCH);
      boolean[] wanted = new boolean[schema.getMaximumId() + 1];
      for (String field : fields) {
        columns.add(vectors(slice, schema, field, wanted));
      }
      this.reader =
          file.rows(file.options().include(wanted).range(slice.from(), slice.to() - slice.from()));
      this.rows =
          file.getStripes().stream()
              .filter(
                  stripe -> stripe.getOffset() >= slice.from() && stripe.getOffset() < slice.to())
              .mapToLong(stripe -> stripe.getNumberOfRows())
              .sum();
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
  }

  /** Finds a column and marks it, with those that it is in, as wanted. */
  private List<ColumnVector> vectors(
      InputSlice slice, TypeDescription schema, String field, boolean[] wanted) {
    List<ColumnVector> vectors = new ArrayList<>();
    ColumnVector[] within = batch.cols;
    TypeDescription type = schema;
    wanted[type.getId()] = true;
    for (String path = field; path != null; ) {
      int child = type.getCategory() == Category.STRUCT ? towards(path, type) : -1;
      if (child < 0) {
        throw TextColumns.missing(slice.file().path(), field, leaves(schema, ""));
      }
      String name = type.getFieldNames().get(child);
      path = path.length() == name.length() ? null : path.substring(name.length() + 1);
      type = type.getChildren().get(child);
      wanted[type.getId()] = true;
      vectors.add(within[child]);
      within = within[child] instanceof StructColumnVector struct ? struct.fields : null;
    }
    if (!(vectors.getLast() instanceof BytesColumnVector)
        || type.getCategory() == Category.BINARY) {
      throw TextColumns.noText(
          slice.file().path(), field, type.getCategory().toString().toLowerCase(Locale.ROOT));
    }
    return vectors;
  }

  /** The field that a path begins with; -1 where there is none. */
  private static int towards(String path, TypeDescription struct) {
    List<String> names = struct.getFieldNames();
    int whole = names.indexOf(path);
    for (int i = 0; whole < 0 && i < names.size(); i++) {
      whole = path.startsWith(names.get(i) + ".") ? i : -1;
    }
    return whole;
  }

  private static List<String> leaves(TypeDescription struct, String above) {
    List<String> leaves = new ArrayList<>();
    for (int i = 0; i < struct.getFieldNames().size(); i++) {
      TypeDescription child = struct.getChildren().get(i);
      String path = above + struct.getFieldNames().get(i);
      if (child.getCategory() == Category.STRUCT) {
        leaves.addAll(leaves(child, path + "."));
      } else {
        leaves.add(path);
      }
    }
    return leaves;
  }

  @Override
  public long rows() {
    return rows;
  }

  @Override
  public boolean next() throws IOException {
    row++;
    if (row >= batch.size) {
      row = 0;
      return reader.nextBatch(batch);
    }
    return true;
  }

  @Override
  public ByteBuffer value(int column) {
    int at = row;
    for (ColumnVector vector : columns.get(column)) {
      at = vector.isRepeating ? 0 : row;
      if (!vector.noNulls && vector.isNull[at]) {
        return null;
      }
    }
    var text = (BytesColumnVector) columns.get(column).getLast();
    return ByteBuffer.wrap(text.vector[at], text.start[at], text.length[at]);
  }

  @Override
  public void close() throws IOException {
    reader.close();
    file.close();
  }
}
