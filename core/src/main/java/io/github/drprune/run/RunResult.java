package io.github.drprune.run;

import java.nio.file.Path;
import java.util.Optional;

/**
 * How a run ended.
 *
 * @param step the last one that was taken; 0 where none are
 * @param model the resulting checkpoint; empty where the run was interrupted
 * @param wasDone whether it had been finished before and nothing was done now
 */
public record RunResult(long step, Optional<Path> model, boolean wasDone) {
  public boolean isInterrupted() {
    return model.isEmpty();
  }
}
