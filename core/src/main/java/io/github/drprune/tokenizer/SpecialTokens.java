package io.github.drprune.tokenizer;

/**
 * The ids that stand around a document in packed text, and around a prompt in generation.
 *
 * @param bos put before a document; null where the tokenizer does not begin its texts with a token
 * @param eos put after a document; null where the tokenizer has no end token
 */
public record SpecialTokens(Integer bos, Integer eos) {
  public SpecialTokens {
    if (bos != null && bos < 0 || eos != null && eos < 0) {
      throw new IllegalArgumentException("ids below 0: bos %s, eos %s".formatted(bos, eos));
    }
  }
}
