package io.github.drprune.launch;

import io.github.drprune.distributed.StoreHost;
import io.github.drprune.launch.Attempt.Exit;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Starts processes, passes on what they say, and waits for them: when one fails all end, and all
 * start again from the newest checkpoint where the failure was none of the user's. A process whose
 * launcher is gone sees its standard input end.
 */
public final class Launcher {
  private static final int FAILED = 1;

  private final Launch launch;
  private final LaunchListener listener;
  private Attempt attempt; // guarded by this
  private boolean stopping; // guarded by this

  public Launcher(Launch launch, LaunchListener listener) {
    this.launch = launch;
    this.listener = listener;
  }

  /** Returns when all have ended: zero, or the exit code of the one that made the others fail. */
  public int run() throws IOException, InterruptedException {
    // A place is a device or a share of the cores; processes are numbered over those in use.
    List<Integer> places = new ArrayList<>(IntStream.range(0, launch.ranks()).boxed().toList());
    int failedBefore = -1;
    try (var store = new StoreHost(launch.timeout())) {
      for (int restarts = 0; ; restarts++) {
        Exit exit = attempt(store, places, restarts);
        if (exit.isGood() || isStopping()) {
          return exitCode(exit);
        }
        int place = places.get(exit.rank());
        // A mistake that was none at the first start is something that went since.
        boolean isGone =
            !exit.isForAnother() && !exit.isMistake() && place == failedBefore
                || restarts > 0 && exit.mayMissDevice();
        boolean fewer = isGone && places.size() > launch.minRanks();
        boolean again = restarts < launch.restarts() && (fewer || !exit.isMistake());
        if (fewer) {
          places.remove(exit.rank());
        }
        listener.failed(exit.rank(), exit.code(), again ? places.size() : 0);
        if (!again) {
          return exitCode(exit);
        }
        failedBefore = exit.isForAnother() ? -1 : place;
      }
    }
  }

  private Exit attempt(StoreHost store, List<Integer> places, int restarts)
      throws IOException, InterruptedException {
    List<Map<String, String>> environments =
        IntStream.range(0, places.size())
            .mapToObj(rank -> store.environment(rank, places.get(rank), places.size(), restarts))
            .toList();
    var next = new Attempt(launch, listener);
    synchronized (this) {
      attempt = next;
      if (stopping) {
        attempt.stop();
      }
    }
    return next.run(environments, restarts > 0);
  }

  private static int exitCode(Exit exit) {
    if (exit.isMistake()) {
      return Launch.USER_MISTAKE;
    }
    return exit.code() == LaunchListener.HUNG || exit.isForAnother() ? FAILED : exit.code();
  }

  /** Asks every process to end, as SIGTERM does: a run then writes a checkpoint. */
  public synchronized void stop() {
    stopping = true;
    if (attempt != null) {
      attempt.stop();
    }
  }

  /** Ends process {@code rank}, where it runs, as the loss of its machine would. */
  public synchronized void kill(int rank) {
    if (attempt != null) {
      attempt.kill(rank);
    }
  }

  private synchronized boolean isStopping() {
    return stopping;
  }
}
