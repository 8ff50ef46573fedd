package io.github.drprune.run;

import io.github.drprune.distributed.ProcessGroup;
import io.github.drprune.error.UserException;
import io.github.drprune.libtorch.NativeMemory;
import io.github.drprune.model.CheckpointCheck;
import io.github.drprune.model.ModelOptions;
import io.github.drprune.model.ModelSpec;
import java.io.IOException;

/** Refuses what cannot fit before it costs anything. */
public final class MemoryNeed {
  /** Float32 weights, gradients and two moments. */
  public static final long BYTES_PER_PARAMETER = 16;

  private static final double GIB = 1L << 30;

  private MemoryNeed() {}

  /** Refuses a model whose weights, with all that learning them takes, exceed what is free. */
  static void require(RunKind kind, ModelSpec source, ModelOptions options, ProcessGroup processes)
      throws IOException {
    long bytes = source.parameters() * (kind.takesSteps() ? BYTES_PER_PARAMETER : Float.BYTES);
    Long available =
        options.device().is_cpu() ? NativeMemory.available() / processes.onThisMachine() : null;
    require(source, bytes + ofTeacher(kind, options), available, "run");
  }

  /** Bytes of the weights of the teacher of a run with a model of {@code options}. */
  public static long ofTeacher(RunKind kind, ModelOptions options) throws IOException {
    return kind.teacher().isEmpty()
        ? 0
        : CheckpointCheck.of(kind.teacher().get()).parameters() * options.frozen().bytesPerWeight();
  }

  /**
   * @param available bytes that are free, or null where that is not known
   * @param what needs them
   * @throws UserException that says what is needed and what to do
   */
  public static void require(ModelSpec source, long needed, Long available, String what) {
    if (available != null && needed > available) {
      throw UserException.at(
          "memory",
          "the %s of a model of %,d parameters needs about %.1f GiB and %.1f GiB are free"
              .formatted(what, source.parameters(), needed / GIB, available / GIB),
          BYTES_PER_PARAMETER * source.parameters() > available
              ? "take a machine with more memory or a smaller model"
              : "lower micro_batch or set activation_checkpointing=true");
    }
  }
}
