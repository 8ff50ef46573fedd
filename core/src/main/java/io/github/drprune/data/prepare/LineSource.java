package io.github.drprune.data.prepare;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.nio.charset.CharacterCodingException;
import java.util.Arrays;

/** A record is a line, a JSON object. */
final class LineSource implements RecordSource {
  private final InputFile file;
  private final PlainStream stream;
  private final HoldOut holdOut;
  private final Spool spool;
  private final RecordDecoder.JsonField json;
  private final ChunkReader chunks;
  private final boolean conversations;
  private LongText longText;
  private long lines;

  /**
   * @param spool where lines too long to be held are kept while they are read
   */
  LineSource(InputSlice slice, PlainStream stream, PrepareConfig config, Spool spool) {
    this.file = slice.file();
    this.stream = stream;
    this.holdOut = HoldOut.of(config);
    this.spool = spool;
    this.json = new RecordDecoder.JsonField(config.textField(), config.domainField());
    this.conversations = config.conversations();
    this.chunks = new ChunkReader(stream.in(), RecordBatch.TARGET_BYTES, LongText.LONGEST_DOCUMENT);
  }

  @Override
  public RecordBatch next() throws IOException {
    while (true) {
      if (longText != null) {
        var piece = longText.next();
        if (piece != null) {
          return piece;
        }
        longText.close();
        longText = null;
      }
      byte[] chunk = chunks.next();
      if (chunk == null) {
        return null;
      }
      if (!chunks.withinLine()) {
        return lines(chunk);
      }
      lines++;
      if (conversations) {
        chunks.restOfLine().transferTo(OutputStream.nullOutputStream());
        return RecordBatch.Refused.tooLongForConversation(lines);
      }
      try {
        longText = longText(chunk);
      } catch (MalformedRecord e) {
        return new RecordBatch.Refused(lines, e.getMessage());
      }
    }
  }

  private RecordBatch lines(byte[] chunk) {
    int[] offsets = new int[64];
    int count = 0;
    for (int i = 0; i < chunk.length; i++) {
      if (chunk[i] == '\n' || i == chunk.length - 1) {
        if (++count == offsets.length) {
          offsets = Arrays.copyOf(offsets, 2 * count);
        }
        offsets[count] = i + 1;
      }
    }
    var batch = new RecordBatch.Whole(chunk, Arrays.copyOf(offsets, count + 1), lines + 1);
    lines += count;
    return batch;
  }

  /** The text of the line that {@code start} begins; null where the line is blank. */
  private LongText longText(byte[] start) throws IOException, MalformedRecord {
    InputStream line =
        new SequenceInputStream(new ByteArrayInputStream(start), chunks.restOfLine());
    var copy = spool.open();
    try {
      // The whole line is checked before a document is made of it.
      var found = json.quote(copy.keeping(line));
      if (found.isEmpty()) {
        copy.close();
        return null;
      }
      var quote = found.get();
      String domain = quote.domain() == null ? file.domain() : quote.domain();
      return new LongText(copy.json(quote.text() + 1), lines, domain, file.split(), holdOut);
    } catch (MalformedRecord e) {
      copy.close();
      line.transferTo(OutputStream.nullOutputStream());
      throw e;
    } catch (CharacterCodingException e) {
      copy.close();
      throw new MalformedRecord("invalid UTF-8");
    } catch (IOException | RuntimeException e) {
      copy.close();
      throw e;
    }
  }

  @Override
  public long records() {
    return lines;
  }

  @Override
  public long position() {
    return stream.position();
  }

  @Override
  public void close() throws IOException {
    try (stream) {
      if (longText != null) {
        longText.close();
      }
    }
  }
}
