package io.github.drprune.judge;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.drprune.error.UserException;
import io.github.drprune.io.InputFiles;
import io.github.drprune.json.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A model's answer, a line of what {@code answers} writes.
 *
 * @param prompt the request, as text
 */
public record Answer(String prompt, String answer) {
  /** Reads a file of answers, an object with {@code prompt} and {@code answer} a line. */
  static List<Answer> read(Path file) throws IOException {
    InputFiles.requireFile(file, "name a file that 'drprune answers' wrote");
    List<Answer> answers = new ArrayList<>();
    int number = 0;
    for (String line : InputFiles.lines(file)) {
      number++;
      if (line.isBlank()) {
        continue;
      }
      JsonNode object = Json.tree(line, file + ":" + number);
      if (!object.path("prompt").isTextual() || !object.path("answer").isTextual()) {
        throw new UserException(
            "%s:%d: no 'prompt' and 'answer'; name a file that 'drprune answers' wrote"
                .formatted(file, number));
      }
      answers.add(new Answer(object.get("prompt").asText(), object.get("answer").asText()));
    }
    return answers;
  }
}
