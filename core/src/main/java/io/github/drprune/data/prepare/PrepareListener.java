package io.github.drprune.data.prepare;

/** Is told how a preparation goes, on the thread that called it. */
public interface PrepareListener {
  /** Listens to nothing. */
  PrepareListener SILENT =
      new PrepareListener() {
        @Override
        public void progress(long bytes, long total, long documents, long tokens) {}

        @Override
        public void warning(String line) {}
      };

  /**
   * Called often.
   *
   * @param bytes of the input read so far, on the disk
   * @param total bytes of the input
   * @param documents taken in this call of the program
   * @param tokens of them
   */
  void progress(long bytes, long total, long documents, long tokens);

  /** One line on something odd that does not stop the preparation. */
  void warning(String line);
}
