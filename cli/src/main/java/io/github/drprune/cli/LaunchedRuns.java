package io.github.drprune.cli;

import io.github.drprune.config.binding.ConfigLoader;
import io.github.drprune.run.RunExecutor;
import io.github.drprune.run.RunFolder;
import io.github.drprune.run.RunKind;
import io.github.drprune.run.RunResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Carries out in several processes what learns in steps, and in this one what does not.
 *
 * @param threads of each process
 */
record LaunchedRuns(LaunchedProcesses processes, int threads, RunExecutor alone)
    implements RunExecutor {
  /** What launched processes failed with, which one of them has told. */
  static final class LaunchFailure extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final int exitCode;

    private LaunchFailure(int exitCode) {
      super("exit code " + exitCode);
      this.exitCode = exitCode;
    }

    int exitCode() {
      return exitCode;
    }
  }

  @Override
  public RunResult execute(RunKind run) throws IOException, InterruptedException {
    if (!run.takesSteps()) {
      return alone.execute(run);
    }
    Path config = Files.createTempFile("drprune-", ".yaml");
    config.toFile().deleteOnExit();
    Files.writeString(config, ConfigLoader.yaml(run.whole()));
    int code =
        processes.run(
            List.of(
                run.command(),
                "--config",
                config.toString(),
                "--threads",
                String.valueOf(threads)));
    if (code != 0) {
      throw new LaunchFailure(code);
    }
    // One of the processes may have been asked to end, which ends the run in good order.
    Path model = RunFolder.model(run.config().output());
    return new RunResult(
        run.config().steps(), Optional.of(model).filter(Files::isDirectory), false);
  }
}
