package io.github.drprune.tasks.scoring;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.drprune.error.UserException;
import io.github.drprune.io.AppendedLines;
import io.github.drprune.io.Sha256;
import io.github.drprune.json.Json;
import io.github.drprune.json.Parts;
import io.github.drprune.tasks.Question;
import io.github.drprune.tasks.Response;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Answers of a run that is not finished, a line for each question, so that it goes on where it was
 * stopped. An answer belongs to the model's files, the setting and the words of the requests: what
 * is asked otherwise is asked anew.
 */
final class AnswerStore implements AutoCloseable {
  /**
   * A line.
   *
   * @param key of model, setting and requests
   */
  private record Line(String key, List<Entry> responses) {
    Line {
      Parts.require("key", key);
      Parts.require("responses", responses);
    }
  }

  /** A response: a likelihood, or a text. */
  private record Entry(Double logLikelihood, Boolean greedy, String text) {
    static Entry of(Response response) {
      return switch (response) {
        case Response.Likelihood(double value, boolean greedy) -> new Entry(value, greedy, null);
        case Response.Text(String text) -> new Entry(null, null, text);
      };
    }

    Response response() {
      return text == null
          ? new Response.Likelihood(logLikelihood, greedy)
          : new Response.Text(text);
    }
  }

  /** Of every line. */
  private static final String BEGIN = "{\"key\":\"";

  private final Map<String, List<Response>> answers = new HashMap<>();
  private AppendedLines file; // null where nothing is kept

  private AnswerStore() {}

  /** Opens {@code file}, which need not exist; without one nothing is kept. */
  static AnswerStore open(Optional<Path> file) throws IOException {
    var store = new AnswerStore();
    if (file.isPresent()) {
      var found = AppendedLines.read(file.get(), BEGIN, "unfinished answers");
      for (String line : found.lines()) {
        store.add(line, file.get());
      }
      store.file = new AppendedLines(file.get(), found.bytes());
    }
    return store;
  }

  private void add(String text, Path from) {
    JsonNode tree;
    try {
      tree = Json.tree(text, from.toString());
      Line line = Json.convert(tree, Line.class, from.toString());
      answers.put(line.key(), line.responses().stream().map(Entry::response).toList());
    } catch (UserException | NullPointerException e) {
      throw new UserException(
          from + ": not the answers of a run; delete it or name another place", e);
    }
  }

  /** The responses to {@code question}, empty where it was not answered. */
  Optional<List<Response>> find(String setting, Question question) {
    return Optional.ofNullable(answers.get(key(setting, question)));
  }

  /** Keeps the responses to several questions. */
  void add(String setting, List<Question> questions, List<List<Response>> responses)
      throws IOException {
    var lines = new StringBuilder();
    for (int i = 0; i < questions.size(); i++) {
      String key = key(setting, questions.get(i));
      answers.put(key, responses.get(i));
      var line = new Line(key, responses.get(i).stream().map(Entry::of).toList());
      lines.append(Json.line(line)).append('\n');
    }
    if (file != null) {
      file.write(lines.toString());
    }
  }

  private static String key(String setting, Question question) {
    List<String> all = new ArrayList<>(List.of(setting));
    question.requests().forEach(request -> all.add(request.toString()));
    return Sha256.of(String.join("\u0000", all).getBytes(StandardCharsets.UTF_8));
  }

  @Override
  public void close() throws IOException {
    if (file != null) {
      file.close();
    }
  }
}
