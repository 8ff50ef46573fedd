package io.github.drprune.run;

import io.github.drprune.checkpoint.Checkpoint;
import io.github.drprune.checkpoint.CheckpointStore;
import io.github.drprune.distributed.ProcessGroup;
import io.github.drprune.error.UserException;
import io.github.drprune.report.Report;
import io.github.drprune.train.RunState;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Where a run begins. The first of its processes opens the folder, which it then holds, and finds
 * out; it tells the others one number.
 */
final class Beginning implements AutoCloseable {
  /** The run is finished. */
  static final long DONE = -2;

  /** There is no checkpoint yet. */
  private static final long NEW = -1;

  /** Where a run goes on, and what the user should know of it. */
  record Resume(Checkpoint checkpoint, RunState state, List<String> warnings) {}

  private final RunKind kind;
  private final RunOrigin origin;
  private final CheckpointStore checkpoints;
  private RunFolder folder; // of the first process alone
  private Optional<Resume> newest = Optional.empty();

  Beginning(RunKind kind, RunOrigin origin, ProcessGroup processes) {
    this.kind = kind;
    this.origin = origin;
    this.checkpoints =
        new CheckpointStore(
            RunFolder.checkpoints(kind.config().output()),
            kind.config().keepCheckpoints(),
            processes);
  }

  /** The step of the checkpoint to go on from, or that there is none or nothing left to do. */
  long open() throws IOException {
    requireOutside(kind.model(), "the model to start from");
    requireOutside(kind.teacher(), "the teacher");
    folder = RunFolder.open(kind.config().output());
    if (isDone(folder)) {
      folder
          .origin()
          .ifPresent(
              begun -> origin.requireContinues(begun, false, folder.path(), "the beginning"));
      if (!Files.exists(folder.report())) {
        Report.write(List.of(folder.path()), folder.report());
      }
      return DONE;
    }
    newest = newest();
    return newest.map(resume -> resume.checkpoint().step()).orElse(NEW);
  }

  /** The result replaces what lies where it goes. */
  private void requireOutside(Optional<Path> input, String what) throws IOException {
    Path result = RunFolder.model(kind.config().output());
    if (input.isPresent()
        && Files.exists(result)
        && input.get().toRealPath().startsWith(result.toRealPath())) {
      throw UserException.at(
          "output",
          "%s is %s, which the result would replace".formatted(result, what),
          "choose another folder");
    }
  }

  /** The run's folder, which only the process that opened it has. */
  RunFolder folder() {
    return folder;
  }

  CheckpointStore checkpoints() {
    return checkpoints;
  }

  /**
   * What there is to go on from.
   *
   * @param found what {@link #open} gave in the first process
   */
  Optional<Resume> resumed(long found) throws IOException {
    if (folder != null || found == NEW) {
      return newest;
    }
    Path folder = RunFolder.checkpoints(kind.config().output());
    Checkpoint checkpoint = CheckpointStore.at(folder, found);
    return Optional.of(new Resume(checkpoint, checkpoint.state(RunState.class), List.of()));
  }

  /** The newest whole checkpoint, of a run that may go on under {@code origin}. */
  private Optional<Resume> newest() throws IOException {
    List<String> warnings = new ArrayList<>();
    Optional<Checkpoint> from = checkpoints.newest(warnings::add);
    Optional<RunOrigin> begun = folder.origin();
    if (from.isEmpty()) {
      // Nothing is lost by beginning anew, but for a result.
      if (Files.exists(folder.model()) && begun.isPresent()) {
        origin.requireContinues(begun.get(), false, folder.path(), "the beginning");
      }
      return Optional.empty();
    }
    RunState state = from.get().state(RunState.class);
    boolean failed =
        folder.lastEvent().orElse(null) instanceof RunEvent.Done done
            && done.status().equals("failed");
    // A remedy chosen after a failure is in the folder before it is in a checkpoint.
    if (begun.isEmpty() || !origin.continues(begun.get(), false)) {
      String since = "step %d".formatted(state.step());
      origin.requireContinues(state.origin(), failed, folder.path(), since);
    }
    List<String> remedies = origin.remedies(state.origin());
    if (!remedies.isEmpty()) {
      warnings.add("goes on with other settings: " + String.join("; ", remedies));
    }
    return Optional.of(new Resume(from.get(), state, warnings));
  }

  private static boolean isDone(RunFolder folder) throws IOException {
    return folder.hasResult()
        && folder.lastEvent().orElse(null) instanceof RunEvent.Done done
        && done.status().equals("completed");
  }

  @Override
  public void close() throws IOException {
    if (folder != null) {
      folder.close();
    }
  }
}
