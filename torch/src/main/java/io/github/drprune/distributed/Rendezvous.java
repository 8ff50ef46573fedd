package io.github.drprune.distributed;

import io.github.drprune.error.UserException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * Where a process finds the others, as the environment variables of {@code torchrun} say it.
 *
 * @param host where the store is through which they meet
 * @param rank this process's number
 * @param size of the group
 * @param onThisMachine processes of the group that share this machine
 * @param hosted whether whoever started the processes keeps the store; otherwise process 0 does
 * @param attempt how often the processes were started before
 * @param timeout the longest that one waits for another
 */
public record Rendezvous(
    String host,
    int port,
    int rank,
    int size,
    int onThisMachine,
    boolean hosted,
    int attempt,
    Duration timeout) {
  static final String HOST = "MASTER_ADDR";
  static final String PORT = "MASTER_PORT";
  static final String RANK = "RANK";
  static final String SIZE = "WORLD_SIZE";
  static final String LOCAL_RANK = "LOCAL_RANK";
  static final String LOCAL_SIZE = "LOCAL_WORLD_SIZE";
  static final String HOSTED = "TORCHELASTIC_USE_AGENT_STORE";
  static final String ATTEMPT = "TORCHELASTIC_RESTART_COUNT";
  static final String TIMEOUT = "DRPRUNE_TIMEOUT_SECONDS";

  /** As long as PyTorch waits: a checkpoint may take the first process minutes. */
  public static final Duration TIMEOUT_UNLESS_SAID = Duration.ofMinutes(30);

  /** Longer than any machine takes to begin a program that its launcher has started. */
  private static final Duration BEGINNING = Duration.ofMinutes(5);

  private static final int PORTS = 65_536;
  private static final int MOST_PROCESSES = 1 << 16;

  public Rendezvous {
    if (rank >= size) {
      throw UserException.at(
          RANK, "%d, and %s is %d".formatted(rank, SIZE, size), "ranks count from 0");
    }
  }

  /**
   * Of a process with {@code environment}; empty where it is the only one.
   *
   * @throws UserException where the variables contradict each other or are not numbers
   */
  public static Optional<Rendezvous> of(Map<String, String> environment) {
    if (!environment.containsKey(SIZE) || number(environment, SIZE, 1, MOST_PROCESSES) == 1) {
      return Optional.empty();
    }
    String host = environment.getOrDefault(HOST, "");
    if (host.isBlank()) {
      throw missing(HOST, environment);
    }
    int seconds =
        environment.containsKey(TIMEOUT)
            ? number(environment, TIMEOUT, 1, 1_000_000)
            : Math.toIntExact(TIMEOUT_UNLESS_SAID.toSeconds());
    return Optional.of(
        new Rendezvous(
            host,
            number(environment, PORT, 1, PORTS - 1),
            number(environment, RANK, 0, MOST_PROCESSES),
            number(environment, SIZE, 1, MOST_PROCESSES),
            onThisMachine(environment),
            Boolean.parseBoolean(environment.get(HOSTED)),
            environment.containsKey(ATTEMPT) ? number(environment, ATTEMPT, 0, PORTS) : 0,
            Duration.ofSeconds(seconds)));
  }

  /** Processes of the group on this machine, as far as {@code environment} says. */
  public static int onThisMachine(Map<String, String> environment) {
    return environment.containsKey(LOCAL_SIZE)
        ? number(environment, LOCAL_SIZE, 1, MOST_PROCESSES)
        : 1;
  }

  /** The keys under which the processes of one attempt meet, as PyTorch names them. */
  String prefix() {
    return "/worker/attempt_" + attempt;
  }

  /**
   * The longest that a process waits for the others to begin. Where one launcher on one machine
   * starts them all it is not as long as they may wait for each other later.
   */
  Duration patience() {
    return hosted && isLocal() && timeout.compareTo(BEGINNING) > 0 ? BEGINNING : timeout;
  }

  /** Whether all processes are on this machine. */
  boolean isLocal() {
    return host.equals("localhost") || host.startsWith("127.") || host.equals("::1");
  }

  private static int number(Map<String, String> environment, String key, int least, int most) {
    String value = environment.get(key);
    if (value == null) {
      throw missing(key, environment);
    }
    try {
      int number = Integer.parseInt(value.strip());
      if (number >= least && number <= most) {
        return number;
      }
    } catch (NumberFormatException e) {
      // told below
    }
    throw UserException.at(
        key,
        "'%s' is no number from %d to %d".formatted(value, least, most),
        "start the processes with drprune launch or torchrun, which set it");
  }

  private static UserException missing(String key, Map<String, String> environment) {
    return UserException.at(
        key,
        "is not set, and %s is %s".formatted(SIZE, environment.get(SIZE)),
        "start the processes with drprune launch or torchrun, which set it, or unset " + SIZE);
  }
}
