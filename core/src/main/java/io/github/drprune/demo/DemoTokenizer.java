package io.github.drprune.demo;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.drprune.io.AtomicFiles;
import io.github.drprune.json.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A tokenizer of single bytes in Hugging Face's format: no merges, so nothing had to be learned.
 */
public final class DemoTokenizer {
  // Its objects keep the order that they are made in: the file is the same at every call.
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

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
    ObjectNode definition = NODES.objectNode().put("version", "1.0");
    definition.putArray("added_tokens").add(special(BOS, 0)).add(special(EOS, 1));
    definition.set("pre_tokenizer", byteLevel());
    definition.set("decoder", byteLevel());
    ObjectNode model = definition.putObject("model").put("type", "BPE");
    model.set("vocab", Json.tree(vocabulary));
    model.putArray("merges");
    AtomicFiles.text(folder.resolve("tokenizer.json"), Json.pretty(definition));
    ObjectNode settings = NODES.objectNode().put("bos_token", BOS).put("eos_token", EOS);
    AtomicFiles.text(
        folder.resolve("tokenizer_config.json"), Json.pretty(settings.put("add_bos_token", true)));
  }

  private static ObjectNode byteLevel() {
    return NODES
        .objectNode()
        .put("type", "ByteLevel")
        .put("add_prefix_space", false)
        .put("trim_offsets", false)
        .put("use_regex", false);
  }

  private static ObjectNode special(String content, int id) {
    return NODES
        .objectNode()
        .put("id", id)
        .put("content", content)
        .put("single_word", false)
        .put("lstrip", false)
        .put("rstrip", false)
        .put("normalized", false)
        .put("special", true);
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
