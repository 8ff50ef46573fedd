package io.github.drprune.launch;

/** Hears what launched processes say and what becomes of them; called from several threads. */
public interface LaunchListener {
  /** Instead of an exit code: the others waited in vain, and the process was ended. */
  int HUNG = -1;

  /** Process {@code rank} wrote a line to its standard output. */
  void output(int rank, String line);

  /** Process {@code rank} wrote a line to its standard error. */
  void error(int rank, String line);

  /**
   * A process failed and took the others with it.
   *
   * @param exitCode of process {@code rank}, or {@link #HUNG}; above 128 it ended by the signal of
   *     that number less 128
   * @param again how many processes start again from the newest checkpoint; none if zero
   */
  void failed(int rank, int exitCode, int again);
}
