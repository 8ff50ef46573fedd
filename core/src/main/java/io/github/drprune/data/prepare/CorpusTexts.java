package io.github.drprune.data.prepare;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** The texts of a corpus as {@code prepare} reads them, one after the other. */
public final class CorpusTexts {
  /** Takes a text of a domain. */
  @FunctionalInterface
  public interface Sink {
    void accept(String domain, String text);
  }

  private final Corpus corpus;
  private final PrepareConfig config;
  private final Path scratch;
  private final RecordDecoder json;
  private final RecordDecoder plain = new RecordDecoder.Utf8();

  /**
   * The texts of {@code corpus}.
   *
   * @param textField JSON field or Parquet column of the text
   * @param scratch an existing folder for what is too long to be held
   */
  public CorpusTexts(Corpus corpus, String textField, Path scratch) {
    this.corpus = corpus;
    // How long sequences are does not matter to texts.
    this.config = PrepareConfig.of("seq_len=2", "text_field=" + textField);
    this.scratch = scratch;
    this.json = new RecordDecoder.JsonField(textField, Optional.empty());
  }

  /**
   * Gives every text that is not empty.
   *
   * @return how many records hold none that can be read
   */
  public long forEach(Sink sink) throws IOException {
    long malformed = 0;
    try (var reader = new CorpusReader(corpus, 0, config, Spool.in(scratch))) {
      for (var step = reader.next(); step != null; step = reader.next()) {
        String domain = step.place().domain();
        switch (step.batch()) {
          case null -> {}
          case RecordBatch.Piece piece -> sink.accept(domain, piece.text());
          case RecordBatch.Refused _ -> malformed++;
          case RecordBatch.Whole records ->
              malformed += texts(step.place().file(), records, domain, sink);
        }
      }
    }
    return malformed;
  }

  private long texts(InputFile file, RecordBatch.Whole records, String domain, Sink sink) {
    long malformed = 0;
    RecordDecoder decoder = file.format() == Format.JSONL ? json : plain;
    for (int i = 0; i < records.size(); i++) {
      try {
        String text =
            records.missing().get(i) || file.format() == Format.MDS
                ? null
                : decoder.text(records.bytes(), records.offsets()[i], records.offsets()[i + 1]);
        if (text == null) {
          malformed++;
        } else if (!text.isEmpty()) {
          sink.accept(domain, text);
        }
      } catch (MalformedRecord e) {
        malformed++;
      }
    }
    return malformed;
  }
}
