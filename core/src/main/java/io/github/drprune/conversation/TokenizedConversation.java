package io.github.drprune.conversation;

/**
 * A conversation as tokens.
 *
 * @param text that the template made of it
 * @param counted 1 for each token that is to be learned, else 0
 * @param cutTokens tokens of the whole conversation that are not among these
 */
public record TokenizedConversation(String text, int[] ids, byte[] counted, int cutTokens) {
  /** How many tokens are to be learned. */
  public int count() {
    int count = 0;
    for (byte each : counted) {
      count += each;
    }
    return count;
  }
}
