package io.github.drprune.run;

import io.github.drprune.error.UserException;
import io.github.drprune.io.InputFiles;
import io.github.drprune.json.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Reads the events of a run, also of one that is still running or was killed while it wrote. */
public final class EventLog {
  /** The log's name in a run's folder. */
  public static final String FILE_NAME = "metrics.jsonl";

  private EventLog() {}

  /**
   * The events of {@code path}, a run's folder or its log, in the order written. A last line that
   * is not whole yet is left out; any other line that is not an event is an error that names it.
   */
  public static List<RunEvent> read(Path path) throws IOException {
    Path file = Files.isDirectory(path) ? path.resolve(FILE_NAME) : path;
    InputFiles.requireFile(file, "name a run's folder or its " + FILE_NAME);
    var events = new ArrayList<RunEvent>();
    // A reader of this kind replaces malformed bytes: a cut may fall inside a character.
    try (var lines =
        new BufferedReader(
            new InputStreamReader(Files.newInputStream(file), StandardCharsets.UTF_8))) {
      int number = 1;
      String line = lines.readLine();
      while (line != null) {
        String next = lines.readLine();
        if (!line.isBlank() && (next != null || isWhole(line))) {
          events.add(Json.read(line, RunEvent.class, file + ":" + number));
        }
        line = next;
        number++;
      }
    }
    return List.copyOf(events);
  }

  /** No proper prefix of an object's JSON is valid. */
  private static boolean isWhole(String line) {
    try {
      Json.tree(line, FILE_NAME);
      return true;
    } catch (UserException e) {
      return false;
    }
  }
}
