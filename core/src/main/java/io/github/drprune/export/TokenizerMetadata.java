package io.github.drprune.export;

import io.github.drprune.error.UserException;
import io.github.drprune.gguf.GgufValue;
import io.github.drprune.tokenizer.Tokenizer;
import io.github.drprune.tokenizer.TokenizerDefinition;
import io.github.drprune.tokenizer.TokenizerDefinition.AddedToken;
import io.github.drprune.tokenizer.TokenizerDefinition.Kind;
import io.github.drprune.tokenizer.TokensBeyond;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.Consumer;

/** What a GGUF file says of a checkpoint's tokenizer. */
final class TokenizerMetadata {
  private static final String PREFIX = "tokenizer.ggml.";

  /** The kinds of tokens, by the numbers that files call them by. */
  private enum TokenType {
    UNDEFINED,
    NORMAL,
    UNKNOWN,
    CONTROL,
    USER_DEFINED,
    UNUSED,
    BYTE
  }

  private final TokenizerDefinition tokenizer;
  private final String[] texts;
  private final int[] types;

  private TokenizerMetadata(TokenizerDefinition tokenizer, int vocabularySize) {
    this.tokenizer = tokenizer;
    this.texts = new String[vocabularySize];
    this.types = new int[vocabularySize];
    fill();
  }

  /**
   * The keys for the tokenizer in {@code folder}.
   *
   * @param vocabularySize of the model; ids that no token has get names that no text has
   */
  static SequencedMap<String, GgufValue> of(
      Path folder, int vocabularySize, Consumer<String> warnings) throws IOException {
    var tokenizer = TokenizerDefinition.read(folder);
    TokensBeyond beyond = tokenizer.beyond(vocabularySize);
    beyond
        .names()
        .keySet()
        .forEach(
            id ->
                warnings.accept(
                    "%s: has %s; left out of the file"
                        .formatted(tokenizer.file(), beyond.told(id))));
    return new TokenizerMetadata(tokenizer, vocabularySize).keys(folder, warnings);
  }

  private void fill() {
    Arrays.fill(types, TokenType.UNUSED.ordinal());
    tokenizer.pieces().forEach((piece, id) -> set(id, piece, TokenType.NORMAL));
    if (tokenizer.kind() == Kind.BYTE_FALLBACK_BPE) {
      for (int value = 0; value < 256; value++) {
        String piece = "<0x%02X>".formatted(value);
        Integer id = tokenizer.pieces().get(piece);
        if (id != null) {
          set(id, piece, TokenType.BYTE);
        }
      }
    }
    for (AddedToken added : tokenizer.addedTokens()) {
      if (added.id() >= texts.length) {
        continue; // The model has no embedding for it.
      }
      // Texts are searched for them before spaces are replaced.
      String text =
          added.special() || tokenizer.kind() == Kind.BYTE_LEVEL_BPE
              ? added.content()
              : added.content().replace('▁', ' ');
      set(added.id(), text, added.special() ? TokenType.CONTROL : TokenType.USER_DEFINED);
    }
    special("unk_token")
        .filter(_ -> tokenizer.kind() == Kind.BYTE_FALLBACK_BPE)
        .ifPresent(id -> types[id] = TokenType.UNKNOWN.ordinal());
    Set<String> taken = new HashSet<>();
    for (int id = 0; id < texts.length; id++) {
      if (texts[id] == null || !taken.add(texts[id])) {
        texts[id] = String.format(Locale.ROOT, "[PAD%d]", id);
        types[id] = TokenType.UNUSED.ordinal();
      }
    }
  }

  private void set(int id, String text, TokenType type) {
    texts[id] = text;
    types[id] = type.ordinal();
  }

  private SequencedMap<String, GgufValue> keys(Path folder, Consumer<String> warnings)
      throws IOException {
    SequencedMap<String, GgufValue> keys = new LinkedHashMap<>();
    switch (tokenizer.kind()) {
      case BYTE_LEVEL_BPE -> {
        keys.put("model", GgufValue.of("gpt2"));
        keys.put("pre", GgufValue.of(PreTokenizer.name(tokenizer)));
        keys.put(
            "merges",
            GgufValue.texts(
                tokenizer.merges().stream().map(m -> m.left() + " " + m.right()).toList()));
      }
      case BYTE_FALLBACK_BPE -> {
        keys.put("model", GgufValue.of("llama"));
        keys.put("pre", GgufValue.of("default"));
        keys.put("scores", GgufValue.floats(MergeScores.of(tokenizer, texts.length, warnings)));
        keys.put("add_space_prefix", GgufValue.of(PreTokenizer.prependsSpace(tokenizer)));
      }
      case UNIGRAM ->
          throw new UserException(
              tokenizer.file() + ": a Unigram tokenizer, which llama.cpp has for no such model");
    }
    keys.put("tokens", GgufValue.texts(List.of(texts)));
    keys.put("token_type", GgufValue.ints(types));
    putId(keys, "bos_token", "bos_token_id");
    putId(keys, "eos_token", "eos_token_id");
    putId(keys, "unk_token", "unknown_token_id");
    putId(keys, "pad_token", "padding_token_id");
    try (var running = Tokenizer.load(folder, texts.length)) {
      keys.put("add_bos_token", GgufValue.of(running.specialTokens().bos() != null));
    }
    keys.put("add_eos_token", GgufValue.of(tokenizer.flag("add_eos_token").orElse(false)));
    SequencedMap<String, GgufValue> metadata = new LinkedHashMap<>();
    keys.forEach((key, value) -> metadata.put(PREFIX + key, value));
    tokenizer
        .chatTemplate()
        .ifPresent(template -> metadata.put("tokenizer.chat_template", GgufValue.of(template)));
    return metadata;
  }

  private Optional<Integer> special(String name) {
    return tokenizer.special(name).filter(id -> id < texts.length);
  }

  private void putId(Map<String, GgufValue> keys, String name, String key) {
    special(name).ifPresent(id -> keys.put(key, GgufValue.of((int) id)));
  }
}
