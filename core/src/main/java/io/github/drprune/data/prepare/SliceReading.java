package io.github.drprune.data.prepare;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Tokenizes a slice of the input and counts what it finds. */
final class SliceReading {
  /** Takes document {@code index} of a batch. */
  @FunctionalInterface
  interface Sink {
    void add(TokenizedBatch batch, int index) throws IOException;
  }

  private final InputSlice slice;
  private final long maxMalformed;
  private final List<TokenizedBatch.Malformed> first = new ArrayList<>();
  private final List<TokenizedBatch.Cut> cut = new ArrayList<>();
  private long records;
  private long documents;
  private long malformed;
  private long specials;

  /**
   * @param maxMalformed of the whole input: with more it is not read on
   */
  SliceReading(InputSlice slice, long maxMalformed) {
    this.slice = slice;
    this.maxMalformed = maxMalformed;
  }

  /** Reads it to its end. */
  void read(RecordSource source, BatchTokenizer tokenizer, Sink sink, PartWork.Progress progress)
      throws IOException {
    long position = 0;
    for (var records = next(source); records != null; records = next(source)) {
      var batch = tokenizer.tokenize(slice.file(), records);
      for (int i = 0; i < batch.documents(); i++) {
        sink.add(batch, i);
      }
      count(batch);
      progress.advanced(
          source.position() - position,
          batch.documents(),
          batch.documents() == 0 ? 0 : batch.ends()[batch.documents() - 1],
          batch.malformed().size());
      position = source.position();
      if (malformed > maxMalformed) {
        break;
      }
    }
    records = source.records();
  }

  private RecordBatch next(RecordSource source) {
    return RecordSource.reading(slice.file(), source::next);
  }

  private void count(TokenizedBatch batch) {
    documents += batch.documents();
    specials += batch.specials();
    malformed += batch.malformed().size();
    batch.malformed().stream().limit(MalformedRecords.SHOWN - first.size()).forEach(first::add);
    cut.addAll(batch.cut());
  }

  PartTokens.SliceCounts counts() {
    return new PartTokens.SliceCounts(records, documents, malformed, first, cut);
  }

  /** Special tokens in the text. */
  long specials() {
    return specials;
  }
}
