package io.github.drprune.tasks;

import io.github.drprune.error.Unusable;
import io.github.drprune.error.UserException;
import io.github.drprune.tasks.documents.Table;
import io.github.drprune.tasks.python.PythonPattern;
import io.github.drprune.tasks.python.PythonStrings;
import io.github.drprune.template.PyStrings;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What the Python functions of the harness's tasks compute. */
final class TaskFunctions {
  private static final PythonPattern BRACKETS = PythonPattern.compile("\\[.*?\\]");
  private static final PythonPattern BEFORE_PUNCTUATION = PythonPattern.compile(" (['.,])");

  private TaskFunctions() {}

  /** HellaSwag: activity and context as one text, without the marks of its source. */
  static Table hellaswag(Table documents) {
    return documents.map(
        document -> {
          Map<String, Object> with = new LinkedHashMap<>(document);
          String context =
              text(document, "ctx_a") + " " + PyStrings.capitalized(text(document, "ctx_b"));
          with.put("query", unmarked(text(document, "activity_label") + ": " + context));
          with.put(
              "choices", texts(document, "endings").stream().map(TaskFunctions::unmarked).toList());
          with.put("gold", whole(document, "label"));
          return with;
        });
  }

  private static String unmarked(String text) {
    String titled = PyStrings.stripped(text).replace(" [title]", ". ");
    return BRACKETS.replace(titled, "").replace("  ", " ");
  }

  static Object logiqaText(Map<String, Object> document) {
    var prompt = new StringBuilder();
    prompt.append("Passage: ").append(text(document, "context")).append('\n');
    prompt.append("Question: ").append(text(document, "question")).append("\nChoices:\n");
    List<String> options = texts(document, "options");
    for (int i = 0; i < Math.min(4, options.size()); i++) {
      prompt.append((char) ('A' + i)).append(". ").append(options.get(i)).append('\n');
    }
    return prompt.append("Answer:").toString();
  }

  static Object logiqaTarget(Map<String, Object> document) {
    String label = PyStrings.stripped(text(document, "label"));
    long number = label.length() == 1 ? label.charAt(0) - 'a' : -1;
    if (number < 0 || number > 3) {
      throw wrong(document, "label", "must be a, b, c or d");
    }
    return number;
  }

  /** WinoGrande: the number of the option that belongs into the blank. */
  static Object blankAnswer(Map<String, Object> document) {
    return switch (text(document, "answer")) {
      case "1" -> 0L;
      case "2" -> 1L;
      default -> throw wrong(document, "answer", "must be 1 or 2");
    };
  }

  static Object afterBlank(Map<String, Object> document) {
    String sentence = text(document, "sentence");
    return PyStrings.stripped(sentence.substring(blank(document, sentence) + 1));
  }

  static Object filledBlanks(Map<String, Object> document) {
    String sentence = text(document, "sentence");
    String before = sentence.substring(0, blank(document, sentence));
    return List.of(before + text(document, "option1"), before + text(document, "option2"));
  }

  private static int blank(Map<String, Object> document, String sentence) {
    int at = sentence.indexOf('_');
    if (at < 0) {
      throw wrong(document, "sentence", "must have a blank '_'");
    }
    return at;
  }

  /** The Winograd schemas of SuperGLUE: the pronoun is marked in the passage. */
  static Object wscText(Map<String, Object> document) {
    String raw = text(document, "text");
    String pronoun = text(document, "span2_text");
    List<String> words = PythonStrings.words(raw);
    int count = Math.min(words.size(), (int) whole(document, "span2_index"));
    String before = String.join(" ", words.subList(0, Math.max(0, count)));
    int from = PyStrings.length(before) + PyStrings.length(pronoun) + 1;
    int length = PyStrings.length(raw);
    String after = from >= length ? "" : raw.substring(raw.offsetByCodePoints(0, from));
    String passage = detokenized("%s *%s*%s".formatted(before, pronoun, after));
    return """
    Passage: %s
    Question: In the passage above, does the pronoun "*%s*" refer to "*%s*"?
    Answer:\
    """
        .formatted(passage, pronoun, text(document, "span1_text"));
  }

  private static String detokenized(String text) {
    String joined =
        text.replace(" n't", "n't")
            .replace(" )", ")")
            .replace("( ", "(")
            .replace("\" ", "\"")
            .replace(" \"", "\"");
    return BEFORE_PUNCTUATION.substitute(joined, "\\1");
  }

  /** TruthfulQA with several true answers: the probability that they have together. */
  static Map<String, double[]> probabilityOfTruth(
      Map<String, Object> document, List<Response> responses) {
    Object labels =
        document.get("mc2_targets") instanceof Map<?, ?> targets ? targets.get("labels") : null;
    if (!(labels instanceof List<?> list) || list.size() != responses.size()) {
      throw wrong(document, "mc2_targets", "must have a label for each choice");
    }
    double all = 0;
    double isTrue = 0;
    for (int i = 0; i < list.size(); i++) {
      double probability = Math.exp(((Response.Likelihood) responses.get(i)).logLikelihood());
      all += probability;
      isTrue += Long.valueOf(1).equals(list.get(i)) ? probability : 0;
    }
    return Map.of("acc", new double[] {isTrue / all});
  }

  /** PAWS-X: sentences as one reads them, the second to be put behind the first. */
  static Table paraphrases(Table documents) {
    List<Map<String, Object>> kept = new ArrayList<>();
    for (Map<String, Object> document : documents.rows()) {
      if (isText(Unusable.refused(document.get("sentence1")))
          && isText(Unusable.refused(document.get("sentence2")))) {
        Map<String, Object> with = new LinkedHashMap<>(document);
        with.put("sentence1", withoutEnd(sentence(document, "sentence1")));
        with.put("sentence2", lowerFirst(sentence(document, "sentence2")));
        kept.add(with);
      }
    }
    return new Table(documents.columns(), kept);
  }

  private static boolean isText(Object value) {
    return value instanceof String text && !text.isEmpty();
  }

  private static String sentence(Map<String, Object> document, String field) {
    return PyStrings.stripped(detokenized(text(document, field)));
  }

  private static String withoutEnd(String sentence) {
    boolean ends = sentence.endsWith(".") || sentence.endsWith(",") || sentence.endsWith(";");
    return ends ? sentence.substring(0, sentence.length() - 1) : sentence;
  }

  private static String lowerFirst(String sentence) {
    if (sentence.isEmpty()) {
      return sentence;
    }
    int rest = sentence.offsetByCodePoints(0, 1);
    return sentence.substring(0, rest).toLowerCase(Locale.ROOT) + sentence.substring(rest);
  }

  private static String text(Map<String, Object> document, String field) {
    if (document.get(field) instanceof String text) {
      return text;
    }
    throw wrong(document, field, "must be text");
  }

  private static List<String> texts(Map<String, Object> document, String field) {
    if (document.get(field) instanceof List<?> list
        && list.stream().allMatch(String.class::isInstance)) {
      return list.stream().map(String.class::cast).toList();
    }
    throw wrong(document, field, "must be a list of texts");
  }

  /** A whole number, or text that is one. */
  private static long whole(Map<String, Object> document, String field) {
    Object value = document.get(field);
    if (value instanceof Long number) {
      return number;
    }
    if (value instanceof String text && text.strip().matches("-?\\d{1,18}")) {
      return Long.parseLong(text.strip());
    }
    throw wrong(document, field, "must be a whole number");
  }

  private static UserException wrong(Map<String, Object> document, String field, String expected) {
    return new UserException(
        "documents: field '%s': %s, not %s".formatted(field, expected, document.get(field)));
  }
}
