package io.github.drprune.distributed;

import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.Tensors;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.bytedeco.javacpp.chrono.Milliseconds;
import org.bytedeco.pytorch.GlooDeviceVector;
import org.bytedeco.pytorch.PrefixStore;
import org.bytedeco.pytorch.ProcessGroupGloo;
import org.bytedeco.pytorch.Store;
import org.bytedeco.pytorch.TCPStore;
import org.bytedeco.pytorch.TCPStoreOptions;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.Work;
import org.bytedeco.pytorch.gloo.Device;

/**
 * Processes that talk over TCP by c10d's Gloo. What lies on another device goes through this
 * machine's memory: the binding has no NCCL.
 */
public final class GlooGroup implements ProcessGroup {
  /** The network interface to use, as PyTorch names the variable. */
  private static final String INTERFACE = "GLOO_SOCKET_IFNAME";

  private static final int THREADS = 2;
  private static final long FAILED = Long.MIN_VALUE;

  private final int rank;
  private final int size;
  private final int onThisMachine;
  private final TCPStore store; // for as long as the group: it may be the one that serves
  private final ProcessGroupGloo group;

  private GlooGroup(Rendezvous meeting, TCPStore store, ProcessGroupGloo group) {
    this.rank = meeting.rank();
    this.size = meeting.size();
    this.onThisMachine = meeting.onThisMachine();
    this.store = store;
    this.group = group;
  }

  /**
   * The group that {@code environment} names, {@link ProcessGroup#SINGLE} where it names none.
   * Returns when all processes are there.
   *
   * @throws PeerLostException where they do not all come within the time-out
   */
  public static ProcessGroup join(Map<String, String> environment) {
    Optional<Rendezvous> meeting = Rendezvous.of(environment);
    return meeting.isEmpty()
        ? SINGLE
        : join(meeting.get(), Optional.ofNullable(environment.get(INTERFACE)));
  }

  /** The group of {@code meeting}; returns, and fails, as {@link #join(Map)}. */
  public static ProcessGroup join(Rendezvous meeting) {
    return meeting.size() == 1
        ? SINGLE
        : join(meeting, Optional.ofNullable(System.getenv(INTERFACE)));
  }

  private static GlooGroup join(Rendezvous meeting, Optional<String> network) {
    // A store on a link that was cut keeps no time-out: its thread is left behind.
    var joined = new CompletableFuture<GlooGroup>();
    Thread.ofPlatform()
        .daemon()
        .name("rendezvous")
        .start(
            () -> {
              try {
                joined.complete(connected(meeting, network));
              } catch (RuntimeException | LinkageError e) {
                joined.completeExceptionally(e);
              }
            });
    try {
      return joined.get(meeting.timeout().toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw lost(meeting.rank(), meeting.size(), e.getCause());
    } catch (TimeoutException e) {
      throw lost(meeting.rank(), meeting.size(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw lost(meeting.rank(), meeting.size(), e);
    }
  }

  private static GlooGroup connected(Rendezvous meeting, Optional<String> network) {
    Milliseconds timeout = milliseconds(meeting.timeout());
    var options = new TCPStoreOptions();
    options.port((short) meeting.port());
    options.isServer(!meeting.hosted() && meeting.rank() == 0);
    options.waitWorkers(false);
    options.timeout(timeout);
    var store = new TCPStore(meeting.host(), options);
    Store prefixed;
    // A store made by Java may be handed to the library once; a clone belongs to the library.
    try (var own = new PrefixStore(meeting.prefix(), store.clone())) {
      prefixed = own.clone();
    }
    var groupOptions = ProcessGroupGloo.Options.create(timeout);
    groupOptions.devices(new GlooDeviceVector(device(meeting, network)));
    groupOptions.threads(THREADS);
    var group = new ProcessGroupGloo(prefixed, meeting.rank(), meeting.size(), groupOptions);
    return new GlooGroup(meeting, store, group);
  }

  private static Device device(Rendezvous meeting, Optional<String> network) {
    if (network.isPresent()) {
      return ProcessGroupGloo.createDeviceForInterface(network.get());
    }
    return meeting.isLocal()
        ? ProcessGroupGloo.createDeviceForHostname("127.0.0.1")
        : ProcessGroupGloo.createDefaultDevice();
  }

  static Milliseconds milliseconds(Duration duration) {
    return new Milliseconds(duration.toMillis());
  }

  @Override
  public int rank() {
    return rank;
  }

  @Override
  public int size() {
    return size;
  }

  @Override
  public int onThisMachine() {
    return onThisMachine;
  }

  @Override
  public Pending sum(Tensor values) {
    return inMemory(values, memory -> start(() -> group.allreduce(new TensorVector(memory))));
  }

  /** By a whole sum: the library's reduce-scatter makes one of a copy. */
  @Override
  public Pending sumSlice(Tensor values) {
    return sum(values);
  }

  @Override
  public Pending gatherSlices(Tensor values) {
    return inMemory(
        values,
        memory -> {
          long length = memory.size(0) / size;
          if (length * size != memory.size(0)) {
            throw new IllegalArgumentException(
                "%d elements in %d slices".formatted(memory.size(0), size));
          }
          return start(
              () -> group._allgather_base(memory, memory.narrow(0, rank * length, length)));
        });
  }

  @Override
  public Pending broadcast(Tensor values) {
    return inMemory(values, memory -> start(() -> group.broadcast(new TensorVector(memory))));
  }

  @Override
  public double[] sums(double... values) {
    try (var _ = NativeScope.open();
        var _ = NoGrad.open()) {
      Tensor sums = Tensors.of(values, values.length);
      sum(sums).await();
      return Tensors.doubles(sums);
    }
  }

  @Override
  public boolean any(boolean here) {
    return sums(here ? 1 : 0)[0] > 0;
  }

  @Override
  public long decided(Decision decision) throws IOException {
    try (var _ = NativeScope.open()) {
      Tensor told = Tensors.of(new long[] {FAILED}, 1);
      try {
        if (isFirst()) {
          told = Tensors.of(new long[] {decision.make()}, 1);
        }
      } finally {
        broadcast(told).await();
      }
      long value = Tensors.longs(told)[0];
      if (value == FAILED) {
        throw new StoppedByPeerException();
      }
      return value;
    }
  }

  /** Starts an operation on the tensor's own memory or on a copy here, which goes back after it. */
  private static Pending inMemory(Tensor values, Operation operation) {
    if (!values.is_contiguous()) {
      throw new IllegalArgumentException("only a contiguous tensor can be sent");
    }
    try (var _ = NativeScope.open()) {
      if (values.is_cpu()) {
        return operation.start(values.detach());
      }
      Tensor copy = NativeScope.keep(values.detach().cpu());
      Pending pending = operation.start(copy);
      return () -> {
        pending.await();
        try (var _ = NativeScope.open()) {
          values.detach().copy_(copy);
        }
        copy.close();
      };
    }
  }

  @FunctionalInterface
  private interface Operation {
    Pending start(Tensor memory);
  }

  private Pending start(Supplier<Work> operation) {
    Work work;
    try {
      work = NativeScope.keep(operation.get());
    } catch (RuntimeException e) {
      throw lost(rank, size, e);
    }
    return () -> {
      try (work) {
        work._wait();
      } catch (RuntimeException e) {
        throw lost(rank, size, e);
      }
    };
  }

  private static PeerLostException lost(int rank, int size, Throwable cause) {
    String reason = cause.getMessage() == null ? cause.toString() : cause.getMessage();
    String line = reason.lines().findFirst().orElse("").replaceFirst("^\\[[^\\]]*\\] *", "");
    return new PeerLostException(
        "process %d of %d lost touch with another (%s)"
            .formatted(rank, size, cause instanceof TimeoutException ? "not all came" : line),
        cause);
  }

  @Override
  public void close() {
    group.close();
    store.close();
  }
}
