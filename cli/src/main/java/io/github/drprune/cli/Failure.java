package io.github.drprune.cli;

import io.github.drprune.cli.LaunchedRuns.LaunchFailure;
import io.github.drprune.distributed.PeerLostException;
import io.github.drprune.distributed.StoppedByPeerException;
import io.github.drprune.error.UserException;
import io.github.drprune.launch.Launch;
import io.github.drprune.train.DivergedException;
import java.io.PrintWriter;
import java.util.Optional;
import java.util.stream.Stream;

/** What ended the program, as it is told to the user: in one line, and in an exit code. */
record Failure(Throwable thrown) {
  private static final String TRACE = "DRPRUNE_STACKTRACE";

  /** Tells of it on {@code err}; gives the exit code. */
  int tell(PrintWriter err) {
    if (thrown instanceof StoppedByPeerException) {
      return lost(); // told by the process that stopped this one
    }
    if (thrown instanceof LaunchFailure failure) {
      return failure.exitCode(); // told by the process that failed
    }
    err.println("drprune: " + process() + line());
    if (System.getenv(TRACE) != null) {
      thrown.printStackTrace(err);
    }
    err.flush();
    return switch (thrown) {
      case DivergedException _ when isLaunched() -> Launch.DIVERGED;
      case UserException _ -> Main.USER_MISTAKE;
      case PeerLostException _ -> lost();
      default -> Main.FAILURE;
    };
  }

  /** A launcher looks for the process that others miss. */
  private static int lost() {
    return isLaunched() ? Launch.PEER_LOST : Main.FAILURE;
  }

  private static boolean isLaunched() {
    return System.getenv(Launch.LAUNCHED) != null;
  }

  /** Which one of several this is, where no launcher says it. */
  private String process() {
    String rank = System.getenv("RANK");
    return thrown instanceof PeerLostException // says it itself
            || rank == null
            || System.getenv("WORLD_SIZE") == null
            || isLaunched()
        ? ""
        : "process " + rank + ": ";
  }

  private String line() {
    if (thrown instanceof UserException || thrown instanceof PeerLostException) {
      return thrown.getMessage();
    }
    return "failed: %s; set %s=1 to see where".formatted(reason(), TRACE);
  }

  private String reason() {
    Optional<Throwable> error = causes().filter(Error.class::isInstance).findFirst();
    return switch (error.orElse(thrown)) {
      case OutOfMemoryError e ->
          "out of memory (%s): the JVM may take %s, which DRPRUNE_JAVA_OPTIONS=-Xmx8g would set to 8 GiB"
              .formatted(message(e), Console.bytes(Runtime.getRuntime().maxMemory()));
      case StackOverflowError _ ->
          "the stack overflowed; DRPRUNE_JAVA_OPTIONS=-Xss64m gives a larger one";
      case LinkageError e ->
          "a library cannot be loaded (%s); if it is there, build again or set TMPDIR and org.bytedeco.javacpp.cachedir to folders with room"
              .formatted(message(root(e)));
      case Throwable e -> message(e);
    };
  }

  private Stream<Throwable> causes() {
    return Stream.iterate(thrown, e -> e != null, Throwable::getCause).limit(100);
  }

  private static Throwable root(Throwable thrown) {
    return new Failure(thrown).causes().reduce(thrown, (_, cause) -> cause);
  }

  /** The first line of it: LibTorch's go on with the frames of its stack. */
  private static String message(Throwable e) {
    String name = e.getClass().getSimpleName();
    return e.getMessage() == null
        ? name
        : e.getMessage()
            .lines()
            .map(String::strip)
            .filter(line -> !line.isEmpty())
            .findFirst()
            .map(line -> name + ": " + line)
            .orElse(name);
  }
}
