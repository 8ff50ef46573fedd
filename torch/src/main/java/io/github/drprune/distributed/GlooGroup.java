package io.github.drprune.distributed;

import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.Ops;
import io.github.drprune.libtorch.Tensors;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.bytedeco.javacpp.chrono.Milliseconds;
import org.bytedeco.pytorch.GlooDeviceVector;
import org.bytedeco.pytorch.LongVector;
import org.bytedeco.pytorch.PrefixStore;
import org.bytedeco.pytorch.ProcessGroupGloo;
import org.bytedeco.pytorch.Store;
import org.bytedeco.pytorch.TCPStore;
import org.bytedeco.pytorch.TCPStoreOptions;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.Work;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.gloo.Device;

/**
 * Processes that talk over TCP by c10d's Gloo. What lies on another device goes through this
 * machine's memory: the binding has no NCCL.
 */
public final class GlooGroup implements ProcessGroup {
  /** The network interface to use, as PyTorch names the variable. */
  private static final String INTERFACE = "GLOO_SOCKET_IFNAME";

  private static final int THREADS = 2;

  /** Elements gathered at once. */
  private static final long GATHERED = 1 << 20;

  private static final long FAILED = Long.MIN_VALUE;

  private final Rendezvous meeting;
  private final Optional<String> network;
  private final int rank;
  private final int size;
  private final TCPStore store; // for as long as the group: it may be the one that serves
  private final ProcessGroupGloo group;
  private final boolean isPart;
  private final boolean isLocal;
  private int meshes;

  private GlooGroup(Rendezvous meeting, Optional<String> network, TCPStore store) {
    this.meeting = meeting;
    this.network = network;
    this.rank = meeting.rank();
    this.size = meeting.size();
    this.store = store;
    this.group = connected(meeting, network, store, meeting.prefix(), rank, size);
    this.isPart = false;
    this.isLocal = !any(!meeting.isLocal()); // some may know the machine by its address
  }

  /**
   * Those of {@code whole} that meet under {@code prefix}.
   *
   * @param isLocal whether all of them are on one machine
   */
  private GlooGroup(GlooGroup whole, String prefix, int rank, int size, boolean isLocal) {
    this.meeting = whole.meeting;
    this.network = whole.network;
    this.rank = rank;
    this.size = size;
    this.store = whole.store;
    this.group = connected(meeting, network, store, prefix, rank, size);
    this.isPart = true;
    this.isLocal = isLocal;
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
    return inTime(
        meeting, meeting.patience(), () -> new GlooGroup(meeting, network, store(meeting)));
  }

  /** A store on a link that was cut keeps no time-out: its thread is left behind. */
  private static <T> T inTime(Rendezvous meeting, Duration time, Supplier<T> connecting) {
    var joined = new CompletableFuture<T>();
    Thread.ofPlatform()
        .daemon()
        .name("rendezvous")
        .start(
            () -> {
              try {
                joined.complete(connecting.get());
              } catch (RuntimeException | LinkageError e) {
                joined.completeExceptionally(e);
              }
            });
    try {
      return joined.get(time.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw lost(meeting, e.getCause());
    } catch (TimeoutException e) {
      throw lost(meeting, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw lost(meeting, e);
    }
  }

  private static TCPStore store(Rendezvous meeting) {
    var options = new TCPStoreOptions();
    options.port((short) meeting.port());
    options.isServer(!meeting.hosted() && meeting.rank() == 0);
    options.waitWorkers(false);
    options.timeout(milliseconds(meeting.timeout()));
    return new TCPStore(meeting.host(), options);
  }

  /** A group of all that call this with the same {@code prefix}. */
  private static ProcessGroupGloo connected(
      Rendezvous meeting,
      Optional<String> network,
      TCPStore store,
      String prefix,
      int rank,
      int size) {
    Store prefixed;
    // A store made by Java may be handed to the library once; a clone belongs to the library.
    try (var own = new PrefixStore(prefix, store.clone())) {
      prefixed = own.clone();
    }
    Milliseconds timeout = milliseconds(meeting.timeout());
    var groupOptions = ProcessGroupGloo.Options.create(timeout);
    groupOptions.devices(new GlooDeviceVector(device(meeting, network)));
    groupOptions.threads(THREADS);
    return new ProcessGroupGloo(prefixed, rank, size, groupOptions);
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
    return meeting.onThisMachine();
  }

  @Override
  public Pending sum(Tensor values) {
    return inMemory(values, memory -> start(() -> group.allreduce(new TensorVector(memory))));
  }

  /**
   * Between machines each process sends the others their slices, half of what a whole sum sends,
   * and adds up its own. Within one a whole sum is faster, as it moves less memory. (The library's
   * reduce-scatter makes a whole sum of a copy.)
   */
  @Override
  public Pending sumSlice(Tensor values) {
    return isLocal ? sum(values) : inMemory(values, this::exchange);
  }

  private Pending exchange(Tensor memory) {
    long length = sliceLength(memory);
    Tensor own = NativeScope.keep(memory.narrow(0, rank * length, length));
    Tensor received = NativeScope.keep(torch.empty_like(memory));
    Pending exchanging =
        start(() -> group.alltoall_base(received, memory, new LongVector(), new LongVector()));
    return () -> {
      exchanging.await();
      try (own;
          received;
          var _ = NativeScope.open();
          var _ = NoGrad.open()) {
        own.copy_(Ops.sum(received.view(size, -1), 0).view_as(own));
      }
    };
  }

  private long sliceLength(Tensor memory) {
    long length = memory.size(0) / size;
    if (length * size != memory.size(0)) {
      throw new IllegalArgumentException(
          "%d elements in %d slices".formatted(memory.size(0), size));
    }
    return length;
  }

  /** In pieces: the library gathers into a copy, which must not be as large as the whole. */
  @Override
  public Pending gatherSlices(Tensor values) {
    return inMemory(
        values,
        memory -> {
          long length = sliceLength(memory);
          long piece = Math.max(1, GATHERED / size);
          List<Pending> pieces = new ArrayList<>();
          for (long from = 0; from < length; from += piece) {
            pieces.add(gather(memory, from, Math.min(piece, length - from)));
          }
          return () -> pieces.forEach(Pending::await);
        });
  }

  /** Gathers elements {@code from} to {@code from + length} of each slice. */
  private Pending gather(Tensor memory, long from, long length) {
    long sliceLength = sliceLength(memory);
    var places = new Tensor[size];
    Arrays.setAll(places, i -> memory.narrow(0, i * sliceLength + from, length));
    return start(() -> group.allgather(new TensorVector(places), new TensorVector(places[rank])));
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
  public long[] gathered(long... values) {
    try (var _ = NativeScope.open();
        var _ = NoGrad.open()) {
      long[] all = new long[size * values.length];
      System.arraycopy(values, 0, all, rank * values.length, values.length);
      Tensor gathered = Tensors.of(all, all.length);
      gatherSlices(gathered).await();
      return Tensors.longs(gathered);
    }
  }

  @Override
  public Mesh inRows(int length) {
    if (size % length != 0) {
      throw new IllegalArgumentException("%d processes in rows of %d".formatted(size, length));
    }
    String prefix = meeting.prefix() + "/mesh_" + meshes++ + "/";
    int row = rank / length;
    int column = rank % length;
    // Together, as those of a row must sum in the same way: machines may have unequal numbers.
    long[] fitting = gathered(isLocal || meeting.onThisMachine() % length == 0 ? 1 : 0);
    boolean rowIsLocal =
        Arrays.stream(fitting, row * length, (row + 1) * length).allMatch(here -> here == 1);
    return new Mesh(
        part(prefix + "row_" + row, column, length, rowIsLocal),
        part(prefix + "column_" + column, row, size / length, isLocal));
  }

  private ProcessGroup part(String prefix, int rankInPart, int sizeOfPart, boolean partIsLocal) {
    return sizeOfPart == 1
        ? SINGLE
        : inTime(
            meeting,
            meeting.timeout(),
            () -> new GlooGroup(this, prefix, rankInPart, sizeOfPart, partIsLocal));
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
      throw lost(meeting, e);
    }
    return () -> {
      try (work) {
        work._wait();
      } catch (RuntimeException e) {
        throw lost(meeting, e);
      }
    };
  }

  private static PeerLostException lost(Rendezvous meeting, Throwable cause) {
    String reason = cause.getMessage() == null ? cause.toString() : cause.getMessage();
    String line = reason.lines().findFirst().orElse("").replaceFirst("^\\[[^\\]]*\\] *", "");
    return new PeerLostException(
        "process %d of %d lost touch with another (%s)"
            .formatted(
                meeting.rank(),
                meeting.size(),
                cause instanceof TimeoutException ? "not all came" : line),
        cause);
  }

  @Override
  public void close() {
    group.close();
    if (!isPart) {
      store.close();
    }
  }
}
