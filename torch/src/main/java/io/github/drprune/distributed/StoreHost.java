package io.github.drprune.distributed;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.TCPStore;
import org.bytedeco.pytorch.TCPStoreOptions;

/** The store through which processes of this machine meet, outside of them: any of them may die. */
public final class StoreHost implements AutoCloseable {
  private static final String ADDRESS = "127.0.0.1";
  private static final int UNSIGNED = 0xffff;

  private final TCPStore store;
  private final Duration timeout;

  /**
   * Opens a store on a free port.
   *
   * @param timeout the longest that one process waits for another
   */
  public StoreHost(Duration timeout) {
    this.timeout = timeout;
    var options = new TCPStoreOptions();
    options.port((short) 0);
    options.isServer(true);
    options.waitWorkers(false);
    options.timeout(GlooGroup.milliseconds(timeout));
    this.store = new TCPStore(ADDRESS, options);
  }

  /**
   * The variables by which process {@code rank} of {@code size} finds the others.
   *
   * @param place number of the device that it is to use, where it takes one
   * @param attempt how often the processes were started before
   */
  public Map<String, String> environment(int rank, int place, int size, int attempt) {
    Map<String, String> variables = new LinkedHashMap<>();
    variables.put(Rendezvous.HOST, ADDRESS);
    variables.put(Rendezvous.PORT, String.valueOf(store.getPort() & UNSIGNED));
    variables.put(Rendezvous.RANK, String.valueOf(rank));
    variables.put(Rendezvous.LOCAL_RANK, String.valueOf(place));
    variables.put(Rendezvous.SIZE, String.valueOf(size));
    variables.put(Rendezvous.LOCAL_SIZE, String.valueOf(size));
    variables.put(Rendezvous.HOSTED, "True");
    variables.put(Rendezvous.ATTEMPT, String.valueOf(attempt));
    variables.put(Rendezvous.TIMEOUT, String.valueOf(timeout.toSeconds()));
    return variables;
  }

  @Override
  public void close() {
    store.close();
  }
}
