package io.github.drprune.run;

import io.github.drprune.distributed.ProcessGroup;
import io.github.drprune.error.UserException;
import io.github.drprune.libtorch.NativeMemory;
import io.github.drprune.model.CheckpointCheck;
import io.github.drprune.model.ModelOptions;
import io.github.drprune.model.ModelSpec;
import java.io.IOException;
import java.util.Optional;

/** Refuses what cannot fit before it costs anything. */
public final class MemoryNeed {
  /** What helps a run that takes steps. */
  static final String ADVICE =
      "lower micro_batch, set activation_checkpointing=true or take a machine with more memory";

  private static final double GIB = 1L << 30;

  private MemoryNeed() {}

  /**
   * Refuses a model whose weights, with all that learning them takes, exceed what is free.
   *
   * @param seqLen tokens of a sequence
   */
  static void require(
      RunKind kind, ModelSpec source, ModelOptions options, ProcessGroup processes, int seqLen)
      throws IOException {
    if (!options.device().is_cpu()) {
      return;
    }
    long available = NativeMemory.available();
    if (kind.takesSteps()) {
      int perCopy = kind.config().perCopy(processes.size(), processes.onThisMachine());
      var state = SharedState.of(source, kind.config().sharding(), processes.size(), perCopy);
      long teacher = ofTeacher(kind, options);
      long others = (processes.onThisMachine() - 1) * (state.bytesOfAnother() + teacher);
      require(source, state, teacher, Math.max(0, available - others));
    } else {
      requireOneShot(kind, source, options, available, seqLen);
    }
  }

  /**
   * Refuses a run without steps whose models exceed what is free; gives the bytes that it needs.
   *
   * @param available bytes that are free, or null where that is not known
   */
  public static long requireOneShot(
      RunKind kind, ModelSpec source, ModelOptions options, Long available, int seqLen) {
    long needed = kind.bytesInOneShot(source, options, seqLen);
    require(
        source,
        needed,
        available,
        "cut",
        "take a machine with more memory, or prepare shorter sequences");
    return needed;
  }

  /**
   * @param more bytes that a process needs beside its part of what the run learns
   * @param available bytes that the first one can have, or null where that is not known
   * @throws UserException that says what is needed and what would do with less
   */
  public static void require(ModelSpec source, SharedState state, long more, Long available) {
    if (available == null || state.bytes() + more <= available) {
      return;
    }
    Optional<SharedState> fitting = state.fitting(available - more);
    throw UserException.at(
        "memory",
        "weights, gradients and optimizer of a model of %,d parameters need about %.1f GiB in the first of %d process(es), which can have %.1f GiB"
            .formatted(
                source.parameters(),
                (state.bytes() + more) / GIB,
                state.processes(),
                available / GIB),
        fitting
            .map(
                less ->
                    "sharding=%s in %d processes, each with a memory of its own, needs %.1f GiB in each"
                        .formatted(less.name(), less.processes(), (less.bytes() + more) / GIB))
            .orElse("take machines with more memory or a smaller model"));
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
    require(source, needed, available, what, ADVICE);
  }

  private static void require(
      ModelSpec source, long needed, Long available, String what, String advice) {
    if (available != null && needed > available) {
      throw UserException.at(
          "memory",
          "the %s of a model of %,d parameters needs about %.1f GiB and %.1f GiB are free"
              .formatted(what, source.parameters(), needed / GIB, available / GIB),
          advice);
    }
  }
}
