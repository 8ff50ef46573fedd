package io.github.drprune.latency;

import io.github.drprune.model.ModelSpec;
import java.io.IOException;

/** A model in a program that runs it. */
public interface Engine extends AutoCloseable {
  /**
   * One round.
   *
   * @param promptSeconds until the first token could be chosen
   * @param generatedSeconds of all tokens behind it
   */
  record Timing(double promptSeconds, double generatedSeconds) {}

  /** Refuses what it cannot measure, before anything is. */
  void require(LatencyOptions options);

  /** What the model is. */
  ModelSpec spec();

  /** Bytes of the file or files that it was read from. */
  long fileBytes() throws IOException;

  /** Runs {@code batch} prompts of {@code context} tokens and {@code generated} tokens behind. */
  Timing run(int batch, int context, int generated) throws IOException;

  /**
   * The most bytes that such a round takes beyond what is taken before it; 0 where that is not
   * known.
   */
  long memoryBytes(int batch, int context, int generated) throws IOException;

  @Override
  void close();
}
