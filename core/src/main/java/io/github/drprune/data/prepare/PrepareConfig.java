package io.github.drprune.data.prepare;

import io.github.drprune.config.binding.ConfigLoader;
import io.github.drprune.config.binding.Key;
import io.github.drprune.data.Split;
import io.github.drprune.data.TokenType;
import io.github.drprune.tokenizer.SpecialTokensInText;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** How text becomes sequences: the keys of {@code prepare}, which decide the bytes it writes. */
public record PrepareConfig(
    @Key(doc = "Tokens of a sequence.", min = 2) int seqLen,
    @Key(doc = "JSON field or column of the text.", value = "text") String textField,
    @Key(
            doc =
                "JSON field or column that names each record's domain, such as meta.source; the"
                    + " input's folders then do not.")
        Optional<String> domainField,
    @Key(
            doc =
                "Share of the documents to hold out in domains without eval files, chosen by"
                    + " content.",
            value = "0.01",
            min = 0,
            below = 1)
        double evalFraction,
    @Key(
            doc = "Sequences of each domain to keep of those held out so, at most; 0 keeps all.",
            value = "0",
            min = 0)
        long evalSequences,
    @Key(
            doc =
                "Part of the training documents to take, chosen by content, FROM:TO within 0:1;"
                    + " parts that do not overlap have no document in common.")
        Optional<String> share,
    @Key(
            doc = "Tokens of each domain to keep for training, at most; 0 keeps all.",
            value = "0",
            min = 0)
        long tokens,
    @Key(doc = "Type of the tokens; without it the narrowest that holds the vocabulary.")
        Optional<TokenType> dtype,
    @Key(doc = "Size of a shard in MiB.", value = "256", above = 0, max = 1 << 20) double shardMib,
    @Key(doc = "Malformed records to skip before the preparation fails.", value = "100", min = 0)
        long maxBadLines,
    @Key(
            doc = "What names of special tokens in the text become, such as the end token's.",
            value = "tokens")
        SpecialTokensInText specialTokens,
    @Key(
            doc =
                "The input is conversations: 'messages', ShareGPT's 'conversations' or Alpaca's"
                    + " 'instruction' and 'output'.",
            value = "false")
        boolean conversations,
    @Key(
            doc =
                "Template of conversations, chatml, llama3, alpaca or a Jinja file; without it the"
                    + " model's own.")
        Optional<String> template,
    @Key(
            doc = "Put as many conversations into a sequence as fit, each attended to by itself.",
            value = "false")
        boolean packing) {
  private static final double MIB = 1 << 20;

  public PrepareConfig {
    if (!conversations && (template.isPresent() || packing)) {
      throw new IllegalArgumentException(
          (packing ? "packing" : "template") + ": is of conversations; add conversations=true");
    }
    if (conversations && specialTokens != SpecialTokensInText.TOKENS) {
      throw new IllegalArgumentException(
          "special_tokens: a conversation's template names special tokens; leave it at tokens");
    }
    share.ifPresent(DocumentShare::parse);
    if (tokens > 0 && tokens < seqLen) {
      throw new IllegalArgumentException(
          "tokens: %d are fewer than one sequence of %d".formatted(tokens, seqLen));
    }
    requireName("text_field", textField);
    domainField.ifPresent(field -> requireName("domain_field", field));
    if (domainField.equals(Optional.of(textField))) {
      throw new IllegalArgumentException("domain_field: this is the field of the text");
    }
  }

  private static void requireName(String key, String field) {
    if (field.isBlank()) {
      throw new IllegalArgumentException(key + ": the name is empty");
    }
  }

  /**
   * The defaults but for {@code assignments}, such as {@code "seq_len=4096"}.
   *
   * @throws io.github.drprune.error.UserException for a key or value that there is not
   */
  public static PrepareConfig of(String... assignments) {
    return ConfigLoader.load(List.of(assignments), PrepareConfig.class);
  }

  /** The columns to read of rows: that of the text, and where there is one that of the domain. */
  List<String> columns() {
    return Stream.concat(Stream.of(textField), domainField.stream()).toList();
  }

  /** How tokens below {@code vocabularySize} are stored. */
  TokenType type(int vocabularySize) {
    return dtype.orElseGet(() -> TokenType.of(vocabularySize));
  }

  /** The most sequences of a shard. */
  long rowsPerShard(TokenType type) {
    return Math.max(1, shardBytes() / ((long) seqLen * type.bytes()));
  }

  /**
   * The most sequences to write of a domain's split; 0 for all.
   *
   * @param chosenHere whether its documents were chosen by their content
   */
  long maxSequences(Split split, boolean chosenHere) {
    return switch (split) {
      case TRAIN -> tokens / seqLen;
      case EVAL -> chosenHere ? evalSequences : 0;
      case TEST -> 0;
    };
  }

  /** The documents for training that are taken. */
  DocumentShare documents() {
    return share.map(DocumentShare::parse).orElse(DocumentShare.WHOLE);
  }

  /** About how large a shard grows. */
  long shardBytes() {
    return Math.max(1, Math.round(shardMib * MIB));
  }
}
