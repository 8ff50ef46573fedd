package io.github.drprune.distributed;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntFunction;

/** Processes of a group as threads of this one: to the library they are strangers over TCP. */
public final class Ranks {
  /** What a process does. */
  @FunctionalInterface
  public interface Work<R> {
    R run(ProcessGroup processes) throws Exception;
  }

  private Ranks() {}

  /** Runs {@code work} in {@code count} processes and gives their results by rank. */
  public static <R> List<R> run(int count, Work<R> work) throws Exception {
    return run(count, Duration.ofSeconds(60), work);
  }

  /** The same in processes that take each other to be on other machines. */
  public static <R> List<R> runApart(int count, Work<R> work) throws Exception {
    return runOnMachines(Duration.ofSeconds(60), Collections.nCopies(count, 1), work);
  }

  /**
   * The same, of which each takes so many to be on its machine.
   *
   * @param onMachines for each process
   */
  public static <R> List<R> runOnMachines(Duration timeout, List<Integer> onMachines, Work<R> work)
      throws Exception {
    return run(
        onMachines.size(),
        timeout,
        rank ->
            Map.of(
                Rendezvous.HOST,
                "0.0.0.0",
                Rendezvous.LOCAL_SIZE,
                String.valueOf(onMachines.get(rank)),
                "GLOO_SOCKET_IFNAME",
                "lo"),
        work);
  }

  /**
   * @param timeout the longest that one waits for another
   * @throws Exception what the lowest rank that failed has thrown
   */
  public static <R> List<R> run(int count, Duration timeout, Work<R> work) throws Exception {
    Map<String, String> together =
        Map.of(Rendezvous.HOST, "127.0.0.1", Rendezvous.LOCAL_SIZE, String.valueOf(count));
    return run(count, timeout, _ -> together, work);
  }

  private static <R> List<R> run(
      int count, Duration timeout, IntFunction<Map<String, String>> network, Work<R> work)
      throws Exception {
    int port = freePort();
    try (var threads = Executors.newCachedThreadPool(Thread.ofPlatform().daemon().factory())) {
      List<Future<R>> futures = new ArrayList<>();
      for (int rank = 0; rank < count; rank++) {
        Map<String, String> environment = new HashMap<>(network.apply(rank));
        environment.putAll(environment(rank, count, port, timeout));
        futures.add(
            threads.submit(
                () -> {
                  try (var processes = GlooGroup.join(environment)) {
                    return work.run(processes);
                  }
                }));
      }
      List<R> results = new ArrayList<>();
      for (Future<R> future : futures) {
        results.add(future.get());
      }
      return results;
    } catch (ExecutionException e) {
      throw e.getCause() instanceof Exception cause ? cause : e;
    }
  }

  private static Map<String, String> environment(int rank, int count, int port, Duration timeout) {
    return Map.of(
        Rendezvous.PORT, String.valueOf(port),
        Rendezvous.RANK, String.valueOf(rank),
        Rendezvous.SIZE, String.valueOf(count),
        Rendezvous.TIMEOUT, String.valueOf(timeout.toSeconds()));
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
