package io.github.drprune.bench;

import io.github.drprune.error.UserException;
import io.github.drprune.libtorch.Precision;
import io.github.drprune.model.ModelSpec;
import java.util.List;
import org.bytedeco.pytorch.Device;

/**
 * What is measured and how often.
 *
 * @param batch rows of a training, pruning or evaluation step
 * @param length tokens of a row
 * @param generated tokens to generate
 * @param repetitions measured rounds; each runs every contender once, after two to warm up
 * @param againstEager whether to run the library's eager way as well
 * @param profile whether to time each part by itself
 */
public record BenchOptions(
    ModelSpec config,
    Device device,
    Precision precision,
    List<Workload> workloads,
    int batch,
    int length,
    int generated,
    int repetitions,
    boolean againstEager,
    boolean profile) {
  public BenchOptions {
    workloads = List.copyOf(workloads);
    positive("batch", batch);
    positive("repetitions", repetitions);
    if (length < 2) {
      throw new UserException("length: at least 2, as the first token is not predicted");
    }
    if (length > config.contextLength()) {
      throw new UserException(
          "length: %d exceeds the model's %d positions".formatted(length, config.contextLength()));
    }
    if (generated < 1 || generated >= config.contextLength()) {
      throw new UserException(
          "generated: %d must be at least 1 and below the model's %d positions"
              .formatted(generated, config.contextLength()));
    }
  }

  /** Tokens of a training or evaluation step. */
  public long tokens() {
    return (long) batch * length;
  }

  private static void positive(String what, int value) {
    if (value < 1) {
      throw new UserException("%s: must be at least 1, not %d".formatted(what, value));
    }
  }
}
