package io.github.drprune.export;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.drprune.error.UserException;
import io.github.drprune.tokenizer.TokenizerDefinition;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * How a byte-level tokenizer cuts texts into words, and llama.cpp's name of it. The name follows
 * from the rules themselves, not from whose tokenizer it is.
 */
final class PreTokenizer {
  private static final String CONTRACTIONS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
  private static final String WORDS = "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|";
  private static final String REST =
      "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

  /** Llama 3's, which GPT-4's gave the example of. */
  private static final String DIGITS_BY_THREE = CONTRACTIONS + WORDS + "\\p{N}{1,3}" + REST;

  /** Qwen2's. */
  private static final String SINGLE_DIGITS = CONTRACTIONS + WORDS + "\\p{N}" + REST;

  private static final String UPPER = "[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]";
  private static final String LOWER = "[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]";
  private static final String BEFORE = "[^\\r\\n\\p{L}\\p{N}]?";
  private static final String REST_WITH_SLASH =
      "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

  /** Mistral's Tekken. */
  private static final String TEKKEN =
      "%s%s*%s+|%s%s+%s*|\\p{N}".formatted(BEFORE, UPPER, LOWER, BEFORE, UPPER, LOWER)
          + REST_WITH_SLASH;

  /** GPT-4o's, which Phi-4-mini has. */
  private static final String GPT_4O =
      "%s%s*%s+%s?|%s%s+%s*%s?|\\p{N}{1,3}"
              .formatted(BEFORE, UPPER, LOWER, CONTRACTIONS, BEFORE, UPPER, LOWER, CONTRACTIONS)
          + REST_WITH_SLASH;

  /** By the steps of the tokenizer, and whether whole words that are pieces need no merges. */
  private static final Map<List<String>, Map<Boolean, String>> NAMES =
      Map.of(
          List.of("words of GPT-2"), Map.of(false, "gpt-2"),
          List.of("digits", "words of GPT-2"), Map.of(false, "smollm"),
          List.of(DIGITS_BY_THREE), Map.of(false, "dbrx", true, "llama-bpe"),
          List.of(SINGLE_DIGITS), Map.of(false, "qwen2"),
          List.of(TEKKEN), Map.of(true, "tekken"),
          List.of(GPT_4O), Map.of(false, "gpt-4o"));

  private PreTokenizer() {}

  /**
   * The name of the tokenizer's rules.
   *
   * @throws UserException where llama.cpp has none like them
   */
  static String name(TokenizerDefinition tokenizer) {
    if (tokenizer.merges().isEmpty()) {
      return "gpt-2"; // Where nothing is merged, it does not matter where words end.
    }
    JsonNode json = tokenizer.json();
    List<String> steps = new ArrayList<>();
    addSteps(json.path("pre_tokenizer"), steps);
    boolean ignoresMerges = json.path("model").path("ignore_merges").asBoolean();
    String name = NAMES.getOrDefault(steps, Map.of()).get(ignoresMerges);
    if (name == null) {
      throw new UserException(
          "%s: llama.cpp has no pre-tokenizer with its rules %s%s; export a model with another tokenizer"
              .formatted(tokenizer.file(), steps, ignoresMerges ? ", words before merges" : ""));
    }
    return name;
  }

  private static void addSteps(JsonNode step, List<String> steps) {
    switch (step.path("type").asText()) {
      case "Sequence" -> step.path("pretokenizers").forEach(part -> addSteps(part, steps));
      case "ByteLevel" -> {
        if (step.path("use_regex").asBoolean(true)) {
          steps.add("words of GPT-2");
        }
        if (step.path("add_prefix_space").asBoolean()) {
          steps.add("a space before");
        }
      }
      case "Digits" -> steps.add(step.path("individual_digits").asBoolean() ? "digits" : "numbers");
      case "Split" -> {
        JsonNode pattern = step.path("pattern");
        boolean isolated =
            step.path("behavior").asText().equals("Isolated") && !step.path("invert").asBoolean();
        steps.add(
            (isolated ? "" : "removing ")
                + pattern.path("Regex").asText(pattern.path("String").asText()));
      }
      default -> steps.add(step.path("type").asText("none"));
    }
  }

  /** Whether texts of a tokenizer with byte fallback begin with a space. */
  static boolean prependsSpace(TokenizerDefinition tokenizer) {
    JsonNode json = tokenizer.json();
    return json.path("normalizer").toString().contains("\"Prepend\"")
        || json.path("pre_tokenizer").findValuesAsText("prepend_scheme").stream()
            .anyMatch(scheme -> !scheme.equals("never"))
        || json.path("pre_tokenizer").path("add_prefix_space").asBoolean();
  }
}
