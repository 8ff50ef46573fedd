package io.github.drprune.demo;

import io.github.drprune.io.AtomicFiles;
import io.github.drprune.json.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A tokenizer of single bytes in Hugging Face's format: no merges, so nothing had to be learned.
 */
public final class DemoTokenizer {
  private static final String BOS = "<s>";
  private static final String EOS = "</s>";

  private DemoTokenizer() {}

  /** Writes {@code tokenizer.json} and {@code tokenizer_config.json}. */
  public static void write(Path folder) throws IOException {
    Map<String, Integer> vocabulary = new LinkedHashMap<>();
    vocabulary.put(BOS, 0);
    vocabulary.put(EOS, 1);
    for (int i = 0; i < 256; i++) {
      vocabulary.put(byteSymbol(i), i + 2);
    }
    var byteLevel =
        Map.of(
            "type",
            "ByteLevel",
            "add_prefix_space",
            false,
            "trim_offsets",
            false,
            "use_regex",
            false);
    Map<String, Object> definition = new LinkedHashMap<>();
    definition.put("version", "1.0");
    definition.put("added_tokens", List.of(special(BOS, 0), special(EOS, 1)));
    definition.put("pre_tokenizer", byteLevel);
    definition.put("decoder", byteLevel);
    definition.put("model", Map.of("type", "BPE", "vocab", vocabulary, "merges", List.of()));
    AtomicFiles.text(folder.resolve("tokenizer.json"), Json.pretty(definition));
    AtomicFiles.text(
        folder.resolve("tokenizer_config.json"),
        Json.pretty(Map.of("bos_token", BOS, "eos_token", EOS, "add_bos_token", true)));
  }

  private static Map<String, Object> special(String content, int id) {
    return Map.of(
        "id", id,
        "content", content,
        "single_word", false,
        "lstrip", false,
        "rstrip", false,
        "normalized", false,
        "special", true);
  }

  /** The printable character that byte-level BPE (GPT-2) writes for a byte. */
  private static String byteSymbol(int value) {
    int hidden = 0;
    for (int b = 0; b <= value; b++) {
      boolean printable = b >= '!' && b <= '~' || b >= 0xA1 && b <= 0xAC || b >= 0xAE;
      if (b == value) {
        return Character.toString(printable ? b : 256 + hidden);
      }
      if (!printable) {
        hidden++;
      }
    }
    throw new AssertionError(value);
  }
}
