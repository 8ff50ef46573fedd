package io.github.drprune.json;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.drprune.io.InputFiles;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;

/**
 * A line of a file of JSON lines.
 *
 * @param place of it, file and line, for messages
 */
public record JsonLine(String place, JsonNode tree) {
  private static final String BYTE_ORDER_MARK = "\uFEFF";

  /**
   * Reads {@code file} without holding it whole. Blank lines are passed over, and so is a byte
   * order mark.
   *
   * @param advice what to do where there is no such file
   */
  public static void each(Path file, String advice, Consumer<JsonLine> taker) throws IOException {
    InputFiles.requireFile(file, advice);
    InputFiles.refuseLfsPointer(file);
    try (var reader = Files.newBufferedReader(file)) {
      int number = 0;
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        number++;
        String text =
            number == 1 && line.startsWith(BYTE_ORDER_MARK)
                ? line.substring(BYTE_ORDER_MARK.length())
                : line;
        if (!text.isBlank()) {
          String place = "%s:%d".formatted(file, number);
          taker.accept(new JsonLine(place, Json.tree(text, place)));
        }
      }
    } catch (CharacterCodingException e) {
      throw InputFiles.notUtf8(file, e);
    }
  }
}
