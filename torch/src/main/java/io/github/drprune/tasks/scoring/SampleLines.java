package io.github.drprune.tasks.scoring;

import io.github.drprune.error.UserException;
import io.github.drprune.json.Json;
import io.github.drprune.tasks.Answer;
import io.github.drprune.tasks.Request;
import io.github.drprune.tasks.Response;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** What a task asked and was answered, a line of JSON for each document. */
final class SampleLines {
  /** How every file begins; a task's own data may have a {@code doc_id} as well. */
  private static final Pattern BEGIN = Pattern.compile("\\{\"doc_id\":\\d+,\"prompts\":");

  /** More than {@link #BEGIN} can match. */
  private static final int BEGIN_BYTES = 64;

  private SampleLines() {}

  /** Refuses to replace a file of other lines: a task's own data may have the task's name. */
  static void requireReplaceable(Path file) throws IOException {
    if (Files.exists(file)) {
      try (var stream = Files.newInputStream(file)) {
        String start = new String(stream.readNBytes(BEGIN_BYTES), StandardCharsets.UTF_8);
        if (!start.isEmpty() && !BEGIN.matcher(start).lookingAt()) {
          throw UserException.at(
              "samples", file + " holds other than samples", "name another folder");
        }
      }
    }
  }

  static String of(List<Answer> answers) {
    var lines = new StringBuilder();
    answers.forEach(answer -> lines.append(Json.line(line(answer))).append('\n'));
    return lines.toString();
  }

  private static Map<String, Object> line(Answer answer) {
    Map<String, Object> line = new LinkedHashMap<>();
    List<Request> requests = answer.question().requests();
    line.put("doc_id", answer.question().id());
    line.put("prompts", requests.stream().map(Request::prompt).toList());
    List<String> continuations = new ArrayList<>();
    for (Request request : requests) {
      if (request instanceof Request.Continuation continuation) {
        continuations.add(continuation.continuation());
      }
    }
    putUnlessEmpty(line, "continuations", continuations);
    List<Double> likelihoods = new ArrayList<>();
    List<Boolean> greedy = new ArrayList<>();
    List<String> generated = new ArrayList<>();
    for (Response response : answer.responses()) {
      switch (response) {
        case Response.Likelihood likelihood -> {
          likelihoods.add(likelihood.logLikelihood());
          greedy.add(likelihood.greedy());
        }
        case Response.Text(String text) -> generated.add(text);
      }
    }
    putUnlessEmpty(line, "log_likelihoods", likelihoods);
    putUnlessEmpty(line, "greedy", greedy);
    putUnlessEmpty(line, "generated", generated);
    var filtered = answer.filtered();
    if (!filtered.isEmpty()) {
      line.put("filtered", filtered.size() == 1 ? filtered.firstEntry().getValue() : filtered);
    }
    line.put("target", answer.question().target());
    putMetrics(line, answer);
    return line;
  }

  private static void putUnlessEmpty(Map<String, Object> line, String field, List<?> values) {
    if (!values.isEmpty()) {
      line.put(field, values);
    }
  }

  /** Those of the first filter by their names, those of the others as {@code metric,filter}. */
  private static void putMetrics(Map<String, Object> line, Answer answer) {
    answer
        .byFilter()
        .forEach(
            (filter, metrics) -> {
              boolean isFirst = filter.equals(answer.byFilter().firstEntry().getKey());
              metrics.forEach(
                  (metric, numbers) ->
                      line.put(
                          isFirst ? metric : metric + "," + filter,
                          numbers.length == 1 ? numbers[0] : numbers));
            });
  }
}
