package io.github.drprune.bench;

import io.github.drprune.model.ModelSummary;
import java.util.List;

/**
 * Figures of a run.
 *
 * @param machine processor instructions in use, such as AVX512
 * @param matrixRate floating-point operations a second of a 4096 x 2048 x 2048 product by the
 *     kernel that the model uses, the median over all rounds
 * @param narrowRate the same by the library's own bf16 product
 * @param results in the order measured
 * @param parts time by part of the training step; empty unless asked for
 */
public record BenchReport(
    String library,
    String machine,
    int threads,
    String precision,
    ModelSummary model,
    int batch,
    int length,
    double matrixRate,
    double narrowRate,
    List<Result> results,
    List<Part> parts) {

  /**
   * One workload by one contender.
   *
   * @param contender "drprune" or "eager"
   * @param seconds median of the rounds; min and max are the spread
   * @param cpuSeconds median of processor time over all threads, which other work on the machine
   *     lengthens less
   * @param matrixShare operations the workload needs, over its time and the matrix rate; null for
   *     generation, which multiplies no matrices worth the name
   * @param peakBytes weights, gradients and moments, and the most memory above them; null for
   *     generation
   */
  public record Result(
      Workload workload,
      String contender,
      double seconds,
      double minSeconds,
      double maxSeconds,
      double cpuSeconds,
      double tokensPerSecond,
      Double matrixShare,
      Long peakBytes) {}

  /**
   * One part of the training step by itself, forward and backward.
   *
   * @param times how often a step has it
   * @param seconds of all of them
   * @param eagerSeconds the same by the plain kernels; null unless compared
   */
  public record Part(String name, long times, double seconds, Double eagerSeconds) {}
}
