package io.github.drprune.judge;

import io.github.drprune.error.UserException;
import io.github.drprune.io.AppendedLines;
import io.github.drprune.json.Json;
import io.github.drprune.json.Parts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
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
  record Entry(int pair, boolean aFirst, Verdict verdict, String reply, long sent, long received) {
    Entry {
      Parts.require("reply", reply);
    }
  }

  private final AppendedLines file;
  private final Map<Place, Entry> entries = new LinkedHashMap<>();

  private Transcript(AppendedLines file) {
    this.file = file;
  }

  /** Opens the file, new or of the same origin; a last line half written is taken away. */
  static Transcript open(Path file, Origin origin) throws IOException {
    var found = AppendedLines.read(file, Json.line(origin), "comparisons");
    if (file.toAbsolutePath().getParent() != null) {
      Files.createDirectories(file.toAbsolutePath().getParent());
    }
    List<String> lines = found.lines();
    if (!lines.isEmpty()
        && !Json.read(lines.getFirst(), Origin.class, file + ":1").equals(origin)) {
      throw UserException.at(
          "transcript",
          "%s is of other answers, another model or other instructions".formatted(file),
          "choose another file");
    }
    List<Entry> entries = new ArrayList<>();
    for (int i = 1; i < lines.size(); i++) {
      entries.add(Json.read(lines.get(i), Entry.class, file + ":" + (i + 1)));
    }
    var transcript = new Transcript(new AppendedLines(file, found.bytes()));
    try {
      entries.forEach(transcript::remember);
      if (lines.isEmpty()) {
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
    file.write(Json.line(line) + "\n");
    file.force();
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
    file.close();
  }
}
