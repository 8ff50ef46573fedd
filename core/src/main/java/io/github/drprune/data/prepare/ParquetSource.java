package io.github.drprune.data.prepare;

import dev.hardwood.InputFile;
import dev.hardwood.metadata.PhysicalType;
import dev.hardwood.reader.ColumnReader;
import dev.hardwood.reader.ParquetFileReader;
import io.github.drprune.error.UserException;
import io.github.drprune.json.Suggestion;
import java.io.IOException;
import java.util.Arrays;
import java.util.BitSet;

/** A record is the text of a row; only the text's column is read. */
final class ParquetSource implements RecordSource {
  private final ParquetFileReader reader;
  private final ColumnReader column;
  private final long bytes;
  private final long totalRows;
  private long rows;
  private int inBatch;
  private int batchRows;

  ParquetSource(io.github.drprune.data.prepare.InputFile file, String field) throws IOException {
    this.bytes = file.bytes();
    this.reader = ParquetFileReader.open(InputFile.of(file.path()));
    try {
      var columns = reader.getFileSchema().getColumns();
      var text =
          columns.stream()
              .filter(candidate -> candidate.fieldPath().matchesDottedName(field))
              .findFirst()
              .orElseThrow(
                  () ->
                      new UserException(
                          "%s: no column '%s'%s; name it with --text-field"
                              .formatted(
                                  file.path(),
                                  field,
                                  Suggestion.among(
                                      field,
                                      columns.stream()
                                          .map(c -> c.fieldPath().toString())
                                          .toList()))));
      if (text.type() != PhysicalType.BYTE_ARRAY || text.maxRepetitionLevel() > 0) {
        throw new UserException(
            "%s: column '%s' is %s, not a text a row; name another with --text-field"
                .formatted(file.path(), field, text.type()));
      }
      this.totalRows = reader.getFileMetaData().numRows();
      this.column = reader.columnReader(text.columnIndex());
    } catch (RuntimeException e) {
      reader.close();
      throw e;
    }
  }

  @Override
  public RecordBatch next() {
    if (inBatch == batchRows) {
      if (!column.nextBatch()) {
        return null;
      }
      inBatch = 0;
      batchRows = column.getRecordCount();
    }
    int[] all = column.getBinaryOffsets();
    int end = inBatch + 1;
    while (end < batchRows && all[end + 1] - all[inBatch] <= RecordBatch.TARGET_BYTES) {
      end++;
    }
    var batch =
        new RecordBatch(
            Arrays.copyOfRange(column.getBinaryValues(), all[inBatch], all[end]),
            relative(all, inBatch, end),
            rows + 1,
            nulls(inBatch, end));
    rows += end - inBatch;
    inBatch = end;
    return batch;
  }

  @Override
  public long position() {
    return totalRows == 0 ? bytes : (long) ((double) rows / totalRows * bytes);
  }

  @Override
  public void close() throws IOException {
    column.close();
    reader.close();
  }

  private static int[] relative(int[] offsets, int from, int to) {
    int[] relative = Arrays.copyOfRange(offsets, from, to + 1);
    for (int i = 0; i < relative.length; i++) {
      relative[i] -= offsets[from];
    }
    return relative;
  }

  private BitSet nulls(int from, int to) {
    var nulls = new BitSet();
    var validity = column.getLeafValidity();
    if (validity.hasNulls()) {
      for (int i = from; i < to; i++) {
        nulls.set(i - from, validity.isNull(i));
      }
    }
    return nulls;
  }
}
