package io.github.drprune.run;

import java.io.IOException;

/**
 * Carries out the runs of a pipeline or a demo: a {@link Runner}, or one with what a program puts
 * around each run, such as progress and interruption.
 */
@FunctionalInterface
public interface RunExecutor {
  RunResult execute(RunKind run) throws IOException, InterruptedException;
}
