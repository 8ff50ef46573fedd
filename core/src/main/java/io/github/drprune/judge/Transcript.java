package io.github.drprune.judge;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.drprune.error.UserException;
import io.github.drprune.json.Json;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The file of what was judged: a line that says of what, then one for each comparison, which is on
 * the disk before the next is asked for.
 */
final class Transcript implements AutoCloseable {
  /** What was compared by whom. */
  record Origin(String a, String b, String model, String rubric) {}

  /** Which pair, and whether A's answer was shown first. */
  record Place(int pair, boolean aFirst) {}

  /**
   * A comparison.
   *
   * @param verdict null where no reply could be read
   */
  record Entry(int pair, boolean aFirst, Verdict verdict, String reply, long sent, long received) {}

  private final FileChannel channel;
  private final Map<Place, Entry> entries = new LinkedHashMap<>();

  private Transcript(FileChannel channel) {
    this.channel = channel;
  }

  /** Opens the file, new or of the same origin; a last line half written is taken away. */
  static Transcript open(Path file, Origin origin) throws IOException {
    byte[] bytes = Files.exists(file) ? Files.readAllBytes(file) : new byte[0];
    int whole = bytes.length;
    while (whole > 0 && bytes[whole - 1] != '\n') {
      whole--;
    }
    if (file.toAbsolutePath().getParent() != null) {
      Files.createDirectories(file.toAbsolutePath().getParent());
    }
    String[] lines = new String(bytes, 0, whole, UTF_8).split("\n");
    boolean isNew = whole == 0;
    if (!isNew && !Json.read(lines[0], Origin.class, file + ":1").equals(origin)) {
      throw UserException.at(
          "transcript",
          "%s is of other answers, another model or other instructions".formatted(file),
          "choose another file");
    }
    var transcript =
        new Transcript(FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE));
    try {
      for (int i = 1; i < lines.length; i++) {
        transcript.remember(Json.read(lines[i], Entry.class, file + ":" + (i + 1)));
      }
      transcript.channel.truncate(whole).position(whole);
      if (isNew) {
        transcript.write(origin);
      }
      return transcript;
    } catch (IOException | RuntimeException e) {
      transcript.close();
      throw e;
    }
  }

  private void remember(Entry entry) {
    entries.put(new Place(entry.pair(), entry.aFirst()), entry);
  }

  private void write(Record line) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap((Json.line(line) + "\n").getBytes(UTF_8));
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
    channel.force(false);
  }

  boolean has(Place place) {
    return entries.containsKey(place);
  }

  void add(Entry entry) throws IOException {
    write(entry);
    remember(entry);
  }

  /** All comparisons. */
  Map<Place, Entry> entries() {
    return entries;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
