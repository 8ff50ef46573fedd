package io.github.drprune.judge;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.drprune.error.UserException;
import io.github.drprune.json.JsonLine;
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
  private static final String ADVICE = "name a file that 'drprune answers' wrote";

  /** Reads a file of answers, an object with {@code prompt} and {@code answer} a line. */
  static List<Answer> read(Path file) throws IOException {
    List<Answer> answers = new ArrayList<>();
    JsonLine.each(file, ADVICE, line -> answers.add(of(line)));
    if (answers.isEmpty()) {
      throw new UserException(file + ": holds no answers; " + ADVICE);
    }
    return answers;
  }

  private static Answer of(JsonLine line) {
    JsonNode object = line.tree();
    if (!object.path("prompt").isTextual() || !object.path("answer").isTextual()) {
      throw new UserException(line.place() + ": no 'prompt' and 'answer'; " + ADVICE);
    }
    return new Answer(object.get("prompt").asText(), object.get("answer").asText());
  }
}
