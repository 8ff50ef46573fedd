package io.github.drprune.tokenizer;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.drprune.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A byte-fallback BPE tokenizer for tests: a few letters, two merges, and every byte. */
public final class TinyTokenizer {
  /** Ids of the special tokens. */
  public static final int BOS = 1;

  public static final int EOS = 2;

  /** The id of byte 0; the other bytes follow. */
  public static final int FIRST_BYTE = 3;

  private TinyTokenizer() {}

  /** Writes its files to {@code folder} and returns the folder. */
  public static Path write(Path folder) throws IOException {
    return write(folder, 0);
  }

  /** Gives the tokenizer in {@code folder} an added token after all others; its id. */
  public static int add(Path folder, String token) throws IOException {
    TokenizerDefinition definition = TokenizerDefinition.read(folder);
    int id = definition.size();
    ObjectNode json = definition.json();
    json.withArray("added_tokens")
        .addObject()
        .put("id", id)
        .put("content", token)
        .put("single_word", false)
        .put("lstrip", false)
        .put("rstrip", false)
        .put("normalized", false)
        .put("special", true);
    Files.writeString(folder.resolve("tokenizer.json"), json.toString());
    return id;
  }

  /** As {@link #write(Path)}, with {@code unused} further pieces that no text produces. */
  public static Path write(Path folder, int unused) throws IOException {
    var vocabulary = new LinkedHashMap<String, Integer>();
    List.of("<unk>", "<s>", "</s>").forEach(piece -> vocabulary.put(piece, vocabulary.size()));
    for (int b = 0; b < 256; b++) {
      vocabulary.put("<0x%02X>".formatted(b), vocabulary.size());
    }
    List.of("t", "h", "e", " ", "th", "the")
        .forEach(piece -> vocabulary.put(piece, vocabulary.size()));
    for (int i = 0; i < unused; i++) {
      vocabulary.put("unused-" + i, vocabulary.size());
    }
    var special =
        List.of("<unk>", "<s>", "</s>").stream()
            .map(
                piece ->
                    Map.of(
                        "id", vocabulary.get(piece),
                        "content", piece,
                        "single_word", false,
                        "lstrip", false,
                        "rstrip", false,
                        "normalized", false,
                        "special", true))
            .toList();
    var model =
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
            List.of("t h", "th e"));
    // Truncation here must not reach the encodings.
    var truncation =
        Map.of("direction", "Right", "max_length", 8, "strategy", "LongestFirst", "stride", 0);
    var decoder =
        Map.of(
            "type",
            "Sequence",
            "decoders",
            List.of(Map.of("type", "ByteFallback"), Map.of("type", "Fuse")));
    Files.createDirectories(folder);
    Files.writeString(
        folder.resolve("tokenizer.json"),
        Json.line(
            Map.of(
                "version", "1.0",
                "truncation", truncation,
                "added_tokens", special,
                "decoder", decoder,
                "model", model)));
    Files.writeString(
        folder.resolve("tokenizer_config.json"),
        Json.line(
            Map.of(
                "add_bos_token",
                true,
                "bos_token",
                "<s>",
                "eos_token",
                Map.of("content", "</s>"))));
    return folder;
  }
}
