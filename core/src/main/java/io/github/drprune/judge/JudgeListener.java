package io.github.drprune.judge;

/** Is told how judging goes on. */
public interface JudgeListener {
  /**
   * Before the first request.
   *
   * @param requests still to be made
   * @param tokens about to be sent, at four characters a token
   * @param cost in the unit of the prices; NaN without prices
   */
  void estimate(int requests, long tokens, double cost);

  /** After each comparison. */
  void progress(int done, int all);
}
