package io.github.drprune.tasks.metric;

import io.github.drprune.json.Suggestion;
import io.github.drprune.tasks.file.Keys;
import io.github.drprune.tasks.python.PythonPattern;
import io.github.drprune.template.PyStrings;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * Filters that a model's answers to a question pass one after the other.
 *
 * @param name under which the results stand
 */
public record FilterChain(String name, List<UnaryOperator<List<String>>> filters) {
  /** The name of results that no filter of the task changed. */
  public static final String NONE = "none";

  private static final Set<String> KNOWN =
      Set.of(
          "take_first",
          "take_first_k",
          "majority_vote",
          "regex",
          "remove_whitespace",
          "lowercase",
          "uppercase",
          "map");

  /** The first answer as it is. */
  public static FilterChain first() {
    return new FilterChain(NONE, List.of(answers -> answers.subList(0, 1)));
  }

  /**
   * As an entry of {@code filter_list} has it.
   *
   * @param repeats answers to each question
   */
  public static FilterChain of(Keys keys, int repeats) {
    List<UnaryOperator<List<String>>> filters = new ArrayList<>();
    boolean single = repeats == 1;
    boolean ended = false;
    for (Keys filter : keys.parts("filter")) {
      String function = filter.requiredText("function");
      if (ended) {
        throw filter.unsupported(
            "function", "nothing may follow take_first, but '%s' does".formatted(function));
      }
      ended = function.equals("take_first");
      single |= ended || function.equals("majority_vote");
      filters.add(filter(function, filter));
    }
    if (!single) {
      throw keys.unsupported(
          "filter", "leaves %d answers; end it with take_first".formatted(repeats));
    }
    return new FilterChain(keys.requiredText("name"), filters);
  }

  private static UnaryOperator<List<String>> filter(String function, Keys keys) {
    return switch (function) {
      case "take_first" -> answers -> answers.subList(0, 1);
      case "take_first_k" -> {
        int k = keys.number("k", 1).orElseThrow(() -> keys.unsupported("k", "is missing"));
        yield answers -> answers.subList(0, Math.min(k, answers.size()));
      }
      case "majority_vote" -> answers -> List.of(mostFrequent(answers));
      case "regex" -> regex(keys);
      case "remove_whitespace" -> each(PyStrings::stripped);
      case "lowercase" -> each(answer -> answer.toLowerCase(Locale.ROOT));
      case "uppercase" -> each(answer -> answer.toUpperCase(Locale.ROOT));
      case "map" -> mapping(keys);
      default ->
          throw keys.unsupported(
              "function",
              "no filter '%s'%s".formatted(function, Suggestion.among(function, KNOWN)));
    };
  }

  private static UnaryOperator<List<String>> each(UnaryOperator<String> change) {
    return answers -> answers.stream().map(change).toList();
  }

  /** Of those that are as frequent, the one that came first. */
  private static String mostFrequent(List<String> answers) {
    Map<String, Integer> counts = new LinkedHashMap<>();
    answers.forEach(answer -> counts.merge(answer, 1, Integer::sum));
    String most = answers.getFirst();
    for (var count : counts.entrySet()) {
      if (count.getValue() > counts.get(most)) {
        most = count.getKey();
      }
    }
    return most;
  }

  private static UnaryOperator<List<String>> regex(Keys keys) {
    PythonPattern pattern =
        ExactMatch.pattern(
            keys, "regex_pattern", keys.text("regex_pattern").orElse("#### (\\-?[0-9\\.\\,]+)"));
    int select = keys.number("group_select", Integer.MIN_VALUE).orElse(0);
    String fallback = keys.text("fallback").orElse("[invalid]");
    return each(answer -> selected(pattern.findAll(answer), select, fallback));
  }

  /** The match of that number, from the end where it is negative. */
  private static String selected(List<List<String>> matches, int select, String fallback) {
    if (matches.isEmpty()) {
      return fallback;
    }
    int at = select < 0 ? matches.size() + select : select;
    if (at < 0 || at >= matches.size()) {
      return fallback;
    }
    List<String> groups = matches.get(at);
    String match =
        groups.size() == 1
            ? groups.getFirst()
            : groups.stream().filter(group -> !group.isEmpty()).findFirst().orElse(fallback);
    return PyStrings.stripped(match);
  }

  private static UnaryOperator<List<String>> mapping(Keys keys) {
    Map<String, String> mapping = new LinkedHashMap<>();
    keys.part("mapping_dict")
        .values()
        .forEach(
            (answer, value) -> {
              if (!(value instanceof String text)) {
                throw keys.wrong("mapping_dict", "must give texts", value);
              }
              mapping.put(answer, text);
            });
    String otherwise = keys.text("default_value").orElse("None");
    return each(answer -> mapping.getOrDefault(answer, otherwise));
  }

  /** What the filters make of {@code answers}. */
  public String apply(List<String> answers) {
    List<String> filtered = answers;
    for (var filter : filters) {
      filtered = filter.apply(filtered);
    }
    return filtered.getFirst();
  }
}
