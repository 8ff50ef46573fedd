package io.github.drprune.launch;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/** One start of all processes, and their end. */
final class Attempt {
  /** In which the others see for themselves that one is gone. */
  private static final Duration GRACE = Duration.ofSeconds(5);

  /** In which a process is started, however busy the machine, unless the time-out is shorter. */
  private static final Duration STARTING = Duration.ofSeconds(60);

  private static final String HELPER = "jspawnhelper";
  private static final int FAILED = 1;

  /**
   * How a process ended.
   *
   * @param code its exit code, or {@link LaunchListener#HUNG}
   */
  record Exit(int rank, int code) {
    boolean isGood() {
      return code == 0;
    }

    /** Whether it is a mistake that starting again does not mend. */
    boolean isMistake() {
      return code == Launch.USER_MISTAKE || code == Launch.DIVERGED;
    }

    /** Whether it may be for want of a device, where none was missed at the first start. */
    boolean mayMissDevice() {
      return code == Launch.USER_MISTAKE;
    }

    /** Whether it is for want of another process, of which nothing is known. */
    boolean isForAnother() {
      return code == Launch.PEER_LOST;
    }

    /** How near this is to what made the processes end: those that miss another are not it. */
    private int weight() {
      return switch (code) {
        case 0 -> 0;
        case Launch.PEER_LOST -> 1;
        case Launch.USER_MISTAKE, Launch.DIVERGED -> 3;
        default -> 2;
      };
    }

    private Exit or(Exit other) {
      return other.weight() > weight() ? other : this;
    }
  }

  private final Launch launch;
  private final LaunchListener listener;
  private final Map<Integer, Process> processes = new HashMap<>(); // by rank; guarded by this
  private boolean stopping; // guarded by this
  private final List<Thread> readers = new ArrayList<>();
  private final BlockingQueue<Exit> exits = new LinkedBlockingQueue<>();

  Attempt(Launch launch, LaunchListener listener) {
    this.launch = launch;
    this.listener = listener;
  }

  /**
   * Starts the processes and waits for them; none is left then.
   *
   * @param environments of each of them
   * @param again whether they ran before: one that cannot be started then has failed
   * @return the first one's end where it is good, as it ends when all is done; else of the others
   *     the one that made the rest fail
   */
  Exit run(List<Map<String, String>> environments, boolean again)
      throws IOException, InterruptedException {
    try {
      for (int rank = 0; rank < environments.size(); rank++) {
        start(rank, environments.get(rank), again);
      }
      return await(environments.size());
    } finally {
      endAll();
    }
  }

  private Exit await(int size) throws InterruptedException {
    var running = new BitSet();
    running.set(0, size);
    Exit result = new Exit(0, 0);
    while (!running.isEmpty() && result.isGood()) {
      result = exits.take();
      running.clear(result.rank());
      if (result.rank() == 0) {
        break;
      }
    }
    return result.isGood() ? afterSuccess(result, running) : afterFailure(result, running);
  }

  private Exit afterSuccess(Exit first, BitSet running) throws InterruptedException {
    long began = System.nanoTime();
    while (!running.isEmpty() && isWithin(launch.timeout(), began)) {
      Exit next = exits.poll(100, TimeUnit.MILLISECONDS);
      if (next != null) {
        running.clear(next.rank());
      }
    }
    return first;
  }

  /** Gives the others time to end, and finds the one for want of which they did. */
  private Exit afterFailure(Exit first, BitSet running) throws InterruptedException {
    long began = System.nanoTime();
    Exit cause = first;
    while (!running.isEmpty() && isWithin(isStopping() ? launch.timeout() : GRACE, began)) {
      Exit next = exits.poll(100, TimeUnit.MILLISECONDS);
      if (next == null) {
        continue;
      }
      running.clear(next.rank());
      if (next.rank() == 0 && next.isGood()) {
        return afterSuccess(next, running);
      }
      cause = cause.or(next);
    }
    boolean isOneMissed = cause.isForAnother() && running.cardinality() == 1;
    return isOneMissed ? new Exit(running.nextSetBit(0), LaunchListener.HUNG) : cause;
  }

  private static boolean isWithin(Duration limit, long began) {
    return System.nanoTime() - began < limit.toNanos();
  }

  private void start(int rank, Map<String, String> environment, boolean again)
      throws IOException, InterruptedException {
    if (isStopping()) {
      exits.add(new Exit(rank, 0));
      return;
    }
    var builder = new ProcessBuilder(launch.command());
    builder.environment().putAll(environment);
    builder.environment().put(Launch.LAUNCHED, "1");
    Optional<Process> started;
    try {
      started = started(builder);
    } catch (IOException e) {
      if (!again) {
        throw e;
      }
      listener.error(rank, e.getMessage());
      exits.add(new Exit(rank, FAILED));
      return;
    }
    if (started.isEmpty()) {
      exits.add(new Exit(rank, LaunchListener.HUNG));
      return;
    }
    Process process = started.get();
    synchronized (this) {
      processes.put(rank, process);
      if (stopping) {
        process.toHandle().destroy();
      }
    }
    readers.add(reader(process.inputReader(), line -> listener.output(rank, line)));
    readers.add(reader(process.errorReader(), line -> listener.error(rank, line)));
    process.onExit().thenAccept(ended -> exits.add(new Exit(rank, ended.exitValue())));
  }

  /**
   * The process that {@code builder} starts; none where it is stopped before it is the program, for
   * which Java would wait without end.
   */
  private Optional<Process> started(ProcessBuilder builder)
      throws IOException, InterruptedException {
    var starting = new FutureTask<>(builder::start);
    Thread.ofPlatform().daemon().name("start").start(starting);
    try {
      long seconds = Math.min(STARTING.toSeconds(), launch.timeout().toSeconds());
      return Optional.of(starting.get(seconds, TimeUnit.SECONDS));
    } catch (TimeoutException e) {
      ProcessHandle.current()
          .children()
          .filter(Attempt::isHelper)
          .forEach(ProcessHandle::destroyForcibly);
      return Optional.empty();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException cause) {
        throw cause;
      }
      throw new IllegalStateException("a process could not be started", e.getCause());
    }
  }

  /** Whether it is what Java starts first, which becomes the program. */
  private static boolean isHelper(ProcessHandle process) {
    return process.info().command().filter(command -> command.endsWith(HELPER)).isPresent();
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

  private synchronized boolean isStopping() {
    return stopping;
  }

  /** Asks every process to end, as SIGTERM does, and starts no more. */
  synchronized void stop() {
    stopping = true;
    // Process.destroy would close its standard input as well, as if the launcher were gone.
    processes.values().forEach(process -> process.toHandle().destroy());
  }

  synchronized void kill(int rank) {
    if (processes.containsKey(rank)) {
      processes.get(rank).destroyForcibly();
    }
  }

  private void endAll() throws InterruptedException {
    synchronized (this) {
      // Process.destroyForcibly would close its outputs as well, and lose their last lines.
      processes.values().forEach(process -> process.toHandle().destroyForcibly());
    }
    for (Thread reader : readers) {
      reader.join();
    }
  }
}
