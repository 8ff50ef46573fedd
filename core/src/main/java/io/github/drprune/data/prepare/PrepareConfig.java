package io.github.drprune.data.prepare;

import io.github.drprune.data.TokenType;
import io.github.drprune.error.UserException;
import io.github.drprune.tokenizer.SpecialTokensInText;

/**
 * How text becomes sequences.
 *
 * @param seqLen tokens of a sequence
 * @param textField the JSON field or Parquet column that holds the text
 * @param evalFraction of the documents that is held out, in domains without files for it
 * @param evalSequences the most sequences kept of the documents held out so; 0 keeps all
 * @param tokenType how tokens are stored; null takes the narrowest that holds the vocabulary
 * @param shardBytes about how large a shard grows
 * @param maxBadLines malformed records that are skipped before the run fails
 * @param threads that tokenize
 * @param specialTokens what the names of special tokens in the text become
 */
public record PrepareConfig(
    int seqLen,
    String textField,
    double evalFraction,
    long evalSequences,
    TokenType tokenType,
    long shardBytes,
    long maxBadLines,
    int threads,
    SpecialTokensInText specialTokens) {

  /** The defaults. */
  public static final String TEXT_FIELD = "text";

  public static final double EVAL_FRACTION = 0.01;
  public static final long SHARD_BYTES = 256L << 20;
  public static final long MAX_BAD_LINES = 100;

  public PrepareConfig {
    check(seqLen >= 2, "sequences of %d tokens: must be 2 or more", seqLen);
    check(textField != null && !textField.isBlank(), "the name of the text field is empty");
    check(
        evalFraction >= 0 && evalFraction < 1,
        "fraction held out %s: must be at least 0 and below 1",
        evalFraction);
    check(evalSequences >= 0, "held-out sequences %d: must not be negative", evalSequences);
    check(shardBytes >= 1, "shards of %d bytes: must be 1 or more", shardBytes);
    check(maxBadLines >= 0, "malformed records allowed %d: must not be negative", maxBadLines);
    check(threads >= 1, "threads %d: must be at least 1", threads);
  }

  /** With the names of special tokens taken as tokenizers do by default. */
  public PrepareConfig(
      int seqLen,
      String textField,
      double evalFraction,
      long evalSequences,
      TokenType tokenType,
      long shardBytes,
      long maxBadLines,
      int threads) {
    this(
        seqLen,
        textField,
        evalFraction,
        evalSequences,
        tokenType,
        shardBytes,
        maxBadLines,
        threads,
        SpecialTokensInText.TOKENS);
  }

  /** The defaults, on all cores. */
  public static PrepareConfig of(int seqLen) {
    return new PrepareConfig(
        seqLen,
        TEXT_FIELD,
        EVAL_FRACTION,
        0,
        null,
        SHARD_BYTES,
        MAX_BAD_LINES,
        Runtime.getRuntime().availableProcessors());
  }

  /** The bytes of shards of so many MiB. */
  public static long shardBytes(long mib) {
    check(
        mib >= 1 && mib <= Long.MAX_VALUE >> 20,
        "shards of %d MiB: must be from 1 to %d MiB",
        mib,
        Long.MAX_VALUE >> 20);
    return mib << 20;
  }

  private static void check(boolean holds, String message, Object... values) {
    if (!holds) {
      throw new UserException(message.formatted(values));
    }
  }
}
