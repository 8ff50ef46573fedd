package io.github.drprune.launch;

import io.github.drprune.distributed.StoreHost;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Starts processes, passes on what they say, and waits for them: when one fails all end, and all
 * start again from the newest checkpoint where the failure was none of the user's. A process whose
 * launcher is gone sees its standard input end.
 */
public final class Launcher {
  /** Exit code of a mistake that starting again does not mend. */
  private static final int USER_MISTAKE = 2;

  /** In which the others see for themselves that one is gone. */
  private static final long GRACE_SECONDS = 5;

  /** A process that ended. */
  private record Exit(int rank, int code) {}

  private final Launch launch;
  private final LaunchListener listener;
  private final List<Process> processes = new ArrayList<>(); // guarded by this
  private boolean stopping; // guarded by this

  public Launcher(Launch launch, LaunchListener listener) {
    this.launch = launch;
    this.listener = listener;
  }

  /** Returns when all have ended: zero, or the exit code of the one that failed first. */
  public int run() throws IOException, InterruptedException {
    try (var store = new StoreHost(launch.timeout())) {
      for (int attempt = 0; ; attempt++) {
        Exit exit = attempt(store, attempt);
        boolean again =
            exit.code() != 0
                && exit.code() != USER_MISTAKE
                && attempt < launch.restarts()
                && !isStopping();
        if (exit.code() != 0 && !isStopping()) {
          listener.failed(exit.rank(), exit.code(), again);
        }
        if (!again) {
          return exit.code();
        }
      }
    }
  }

  /** Asks every process to end, as SIGTERM does: a run then writes a checkpoint. */
  public synchronized void stop() {
    stopping = true;
    // Process.destroy would close its standard input as well, as if the launcher were gone.
    processes.forEach(process -> process.toHandle().destroy());
  }

  /** Ends process {@code rank}, where it runs, as the loss of its machine would. */
  public synchronized void kill(int rank) {
    if (rank < processes.size()) {
      processes.get(rank).destroyForcibly();
    }
  }

  private synchronized boolean isStopping() {
    return stopping;
  }

  /** Runs all processes once; the first of them that failed, or the last one to end. */
  private Exit attempt(StoreHost store, int attempt) throws IOException, InterruptedException {
    List<Thread> readers = new ArrayList<>();
    BlockingQueue<Exit> exits = new LinkedBlockingQueue<>();
    try {
      for (int rank = 0; rank < launch.ranks(); rank++) {
        start(store, rank, attempt, exits, readers);
      }
      Exit result = exits.take();
      for (int ended = 1; ended < launch.ranks() && result.code() == 0; ended++) {
        result = exits.take();
      }
      if (result.code() != 0) {
        result = afterFailure(result, exits);
      }
      return result;
    } finally {
      synchronized (this) {
        processes.forEach(Process::destroyForcibly);
        processes.clear();
      }
      for (Thread reader : readers) {
        reader.join();
      }
    }
  }

  /**
   * Gives the others time to end. Of those that failed by themselves the lowest counts: the others
   * may have failed for want of it.
   */
  private Exit afterFailure(Exit first, BlockingQueue<Exit> exits) throws InterruptedException {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(GRACE_SECONDS);
    Exit lowest = first;
    while (isAnyAlive() && (isStopping() || System.nanoTime() < deadline)) {
      Exit next = exits.poll(100, TimeUnit.MILLISECONDS);
      boolean tellsMore =
          next != null
              && next.code() != 0
              && (next.code() == USER_MISTAKE || next.rank() < lowest.rank());
      lowest = tellsMore && lowest.code() != USER_MISTAKE && lowest.code() < 128 ? next : lowest;
    }
    return lowest;
  }

  private synchronized boolean isAnyAlive() {
    return processes.stream().anyMatch(Process::isAlive);
  }

  private synchronized void start(
      StoreHost store, int rank, int attempt, BlockingQueue<Exit> exits, List<Thread> readers)
      throws IOException {
    if (stopping) {
      exits.add(new Exit(rank, 0));
      return;
    }
    var builder = new ProcessBuilder(launch.command());
    builder.environment().putAll(store.environment(rank, launch.ranks(), attempt));
    builder.environment().put(Launch.LAUNCHED, "1");
    Process process = builder.start();
    processes.add(process);
    readers.add(reader(process.inputReader(), line -> listener.output(rank, line)));
    readers.add(reader(process.errorReader(), line -> listener.error(rank, line)));
    process.onExit().thenAccept(ended -> exits.add(new Exit(rank, ended.exitValue())));
  }

  private static Thread reader(BufferedReader lines, Consumer<String> listener) {
    return Thread.ofPlatform()
        .daemon()
        .start(
            () -> {
              try (lines) {
                for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                  listener.accept(line);
                }
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
  }
}
