package io.github.drprune.judge;

import io.github.drprune.json.Json;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Two files of answers and what a judge said of them.
 *
 * @param judge the judging model's name
 */
public record Judged(String a, String b, String judge, WinRate result) {
  public Judged {
    if (a == null || b == null || judge == null || result == null) {
      throw new IllegalArgumentException(
          "needs the keys a, b, judge and result; give a file of 'judge --json'");
    }
  }

  /** Reads the file of {@code drprune judge --json}. */
  public static Judged read(Path file) throws IOException {
    return Json.read(file, Judged.class);
  }
}
