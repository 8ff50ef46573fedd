package io.github.drprune.vocabulary;

import io.github.drprune.json.Json;
import io.github.drprune.tokenizer.TokenizerDefinition.Merge;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Tokenizers learned from a few texts, of each kind. */
final class SmallTokenizer {
  static final List<String> SPECIAL = List.of("<unk>", "<s>", "</s>");

  private SmallTokenizer() {}

  /** Byte-level BPE with so many merges, as GPT-2's tokenizer is written. */
  static String byteLevel(List<String> texts, int merges) {
    Map<String, Integer> vocabulary = special();
    for (int value = 0; value < 256; value++) {
      vocabulary.put(Character.toString(sign(value)), vocabulary.size());
    }
    List<Merge> learned = learn(words(texts, "Ġ"), merges);
    learned.forEach(merge -> vocabulary.putIfAbsent(merge.piece(), vocabulary.size()));
    return json(
        Map.of("type", "BPE", "vocab", vocabulary, "merges", spelled(learned)),
        Map.of(
            "pre_tokenizer", byteLevel(),
            "decoder", byteLevel(),
            "post_processor",
                Map.of(
                    "type", "TemplateProcessing",
                    "single",
                        List.of(
                            Map.of("SpecialToken", Map.of("id", "<s>", "type_id", 0)),
                            Map.of("Sequence", Map.of("id", "A", "type_id", 0))),
                    "pair", List.of(),
                    "special_tokens",
                        Map.of(
                            "<s>",
                            Map.of("id", "<s>", "ids", List.of(1), "tokens", List.of("<s>"))))));
  }

  /** BPE with byte fallback, as SentencePiece's tokenizers are written: with every split. */
  static String byteFallback(List<String> texts, int merges) {
    Map<String, Integer> vocabulary = special();
    for (int value = 0; value < 256; value++) {
      vocabulary.put("<0x%02X>".formatted(value), vocabulary.size());
    }
    List<Merge> learned = learn(words(texts, "▁"), merges);
    for (Merge merge : learned) {
      for (int point : merge.piece().codePoints().toArray()) {
        vocabulary.putIfAbsent(Character.toString(point), vocabulary.size());
      }
    }
    learned.forEach(merge -> vocabulary.putIfAbsent(merge.piece(), vocabulary.size()));
    List<Merge> all = new ArrayList<>();
    for (String piece : learned.stream().map(Merge::piece).distinct().toList()) {
      for (int at = 1; at < piece.length(); at++) {
        if (vocabulary.containsKey(piece.substring(0, at))
            && vocabulary.containsKey(piece.substring(at))) {
          all.add(new Merge(piece.substring(0, at), piece.substring(at)));
        }
      }
    }
    return json(
        Map.of(
            "type",
            "BPE",
            "unk_token",
            "<unk>",
            "fuse_unk",
            true,
            "byte_fallback",
            true,
            "vocab",
            vocabulary,
            "merges",
            spelled(all)),
        Map.of("normalizer", spaces("Replace"), "decoder", sentencePieceDecoder()));
  }

  /** Unigram with byte fallback. */
  static String unigram(List<String> texts, int merges) {
    List<List<Object>> pieces = new ArrayList<>();
    SPECIAL.forEach(token -> pieces.add(List.of(token, 0.0)));
    for (int value = 0; value < 256; value++) {
      pieces.add(List.of("<0x%02X>".formatted(value), -20.0));
    }
    List<String> words = words(texts, "▁");
    words.stream()
        .flatMapToInt(String::codePoints)
        .distinct()
        .forEach(point -> pieces.add(List.of(Character.toString(point), -9.0)));
    double score = -3;
    for (String piece : learn(words, merges).stream().map(Merge::piece).distinct().toList()) {
      score -= 0.01;
      pieces.add(List.of(piece, score));
    }
    return json(
        Map.of("type", "Unigram", "unk_id", 0, "byte_fallback", true, "vocab", pieces),
        Map.of("normalizer", spaces("Replace"), "decoder", sentencePieceDecoder()));
  }

  private static Map<String, Integer> special() {
    Map<String, Integer> vocabulary = new LinkedHashMap<>();
    SPECIAL.forEach(token -> vocabulary.put(token, vocabulary.size()));
    return vocabulary;
  }

  private static String json(Map<String, Object> model, Map<String, Object> others) {
    Map<String, Object> json = new LinkedHashMap<>(others);
    json.put(
        "added_tokens",
        SPECIAL.stream()
            .map(
                token ->
                    Map.of(
                        "id", SPECIAL.indexOf(token),
                        "content", token,
                        "special", true,
                        "normalized", false,
                        "single_word", false,
                        "lstrip", false,
                        "rstrip", false))
            .toList());
    json.put("model", model);
    return Json.line(json);
  }

  private static Map<String, Object> byteLevel() {
    return Map.of(
        "type", "ByteLevel", "add_prefix_space", false, "trim_offsets", true, "use_regex", true);
  }

  private static Map<String, Object> spaces(String type) {
    return Map.of("type", type, "pattern", Map.of("String", " "), "content", "▁");
  }

  private static Map<String, Object> sentencePieceDecoder() {
    return Map.of(
        "type",
        "Sequence",
        "decoders",
        List.of(
            Map.of("type", "Replace", "pattern", Map.of("String", "▁"), "content", " "),
            Map.of("type", "ByteFallback"),
            Map.of("type", "Fuse")));
  }

  private static List<String> spelled(List<Merge> merges) {
    return merges.stream().map(merge -> merge.left() + " " + merge.right()).toList();
  }

  private static List<String> words(List<String> texts, String space) {
    List<String> words = new ArrayList<>();
    for (String text : texts) {
      for (String word : text.split("(?= )")) {
        words.add(
            space.equals("▁")
                ? word.replace(" ", space)
                : word.getBytes(StandardCharsets.UTF_8).length == word.length()
                    ? word.chars()
                        .mapToObj(c -> Character.toString(sign(c)))
                        .collect(Collectors.joining())
                    : "");
      }
    }
    return words;
  }

  /** GPT-2's sign of a byte: itself where it can be seen, else one from 256 on. */
  private static int sign(int value) {
    boolean seen = value >= '!' && value <= '~' || value >= 0xA1 && value != 0xAD;
    if (seen) {
      return value;
    }
    int unseen = 0;
    for (int other = 0; other < value; other++) {
      boolean otherSeen = other >= '!' && other <= '~' || other >= 0xA1 && other != 0xAD;
      unseen += otherSeen ? 0 : 1;
    }
    return 256 + unseen;
  }

  /** The most frequent pairs, one after the other. */
  private static List<Merge> learn(List<String> words, int count) {
    List<List<String>> split =
        words.stream()
            .map(word -> new ArrayList<>(word.codePoints().mapToObj(Character::toString).toList()))
            .collect(Collectors.toList());
    List<Merge> merges = new ArrayList<>();
    while (merges.size() < count) {
      Map<Merge, Integer> pairs = new HashMap<>();
      for (List<String> word : split) {
        for (int i = 0; i + 1 < word.size(); i++) {
          pairs.merge(new Merge(word.get(i), word.get(i + 1)), 1, Integer::sum);
        }
      }
      if (pairs.isEmpty()) {
        return merges;
      }
      Merge best =
          pairs.entrySet().stream()
              .max(
                  Map.Entry.<Merge, Integer>comparingByValue()
                      .thenComparing(pair -> pair.getKey().toString()))
              .orElseThrow()
              .getKey();
      merges.add(best);
      for (List<String> word : split) {
        for (int i = 0; i + 1 < word.size(); i++) {
          if (word.get(i).equals(best.left()) && word.get(i + 1).equals(best.right())) {
            word.set(i, best.piece());
            word.remove(i + 1);
          }
        }
      }
    }
    return merges;
  }
}
