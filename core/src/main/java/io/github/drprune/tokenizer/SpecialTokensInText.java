package io.github.drprune.tokenizer;

import java.util.Locale;

/** What becomes of the name of a special token, such as {@code </s>}, in the text of a document. */
public enum SpecialTokensInText {
  /** The special token, as Hugging Face's tokenizers have it by default. */
  TOKENS,
  /** The pieces of its characters. */
  TEXT;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
