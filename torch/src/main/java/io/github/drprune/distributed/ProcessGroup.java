package io.github.drprune.distributed;

import java.io.IOException;
import java.util.List;
import java.util.function.Function;
import org.bytedeco.pytorch.Tensor;

/**
 * The processes that compute a run together, each on its share of every batch. All of them call the
 * same operations in the same order; an operation ends when every process has called it.
 *
 * <p>An operation throws {@link PeerLostException} when a process is gone or does not come within
 * the time-out; the group is of no use after that.
 */
public sealed interface ProcessGroup extends AutoCloseable permits SingleProcess, GlooGroup {
  /** One process by itself, which waits for nobody. */
  ProcessGroup SINGLE = new SingleProcess();

  /** An operation that goes on while its caller does something else. */
  interface Pending {
    Pending DONE = () -> {};

    /** Returns when the result is there. */
    void await();

    /** {@code start} of each of {@code items}, all of them at once. */
    static <T> Pending all(List<T> items, Function<T, Pending> start) {
      List<Pending> started = items.stream().map(start).toList();
      return () -> started.forEach(Pending::await);
    }
  }

  /** A decision that may fail as reading a file may. */
  @FunctionalInterface
  interface Decision {
    long make() throws IOException;
  }

  /** What a process does by itself and may fail in, as in writing a file. */
  @FunctionalInterface
  interface Action {
    void run() throws IOException;
  }

  /** Long work in pieces. */
  @FunctionalInterface
  interface PiecewiseWork {
    /**
     * Does all of it.
     *
     * @param piece to be run after each piece
     */
    void run(Runnable piece) throws IOException, InterruptedException;
  }

  /** This process's number, from 0. */
  int rank();

  /** How many processes there are. */
  int size();

  /** How many of them share this machine's memory. */
  int onThisMachine();

  /** Whether this is the process that writes, prints and decides. */
  default boolean isFirst() {
    return rank() == 0;
  }

  /** Whether there are others. */
  default boolean isShared() {
    return size() > 1;
  }

  /** Sums {@code values}, contiguous, over all processes into every one's. */
  Pending sum(Tensor values);

  /**
   * As {@link #sum}, of which only this process's slice is wanted: of {@link #size()} equal slices
   * of the first dimension the one numbered {@link #rank()}. What the others hold after it is not
   * defined.
   */
  Pending sumSlice(Tensor values);

  /** Fills every slice of {@code values}, contiguous, with what its own process holds there. */
  Pending gatherSlices(Tensor values);

  /** Gives every process the first one's {@code values}, contiguous. */
  Pending broadcast(Tensor values);

  /** Sums over all processes, each in the same order everywhere. */
  double[] sums(double... values);

  /** What every process gives, in the order of their numbers; all give equally many. */
  long[] gathered(long... values);

  /**
   * The processes in rows of {@code length}, by their numbers; to be called by all. The groups are
   * new ones, which the caller closes.
   *
   * @param length divides {@link #size()}
   */
  Mesh inRows(int length);

  /** Whether it is so in any process. */
  boolean any(boolean here);

  /**
   * Does what every process does by itself; returns when all have done it.
   *
   * @throws IOException where it fails in this process
   * @throws StoppedByPeerException where it fails in another
   */
  default void together(Action action) throws IOException {
    boolean done = false;
    boolean others;
    try {
      action.run();
      done = true;
    } finally {
      others = any(!done);
    }
    if (others) {
      throw new StoppedByPeerException();
    }
  }

  /**
   * Does in the first process what the others need; returns when it is done. They wait for one
   * piece at a time, so that only a piece must end within the time-out.
   *
   * @throws StoppedByPeerException in the others, where it fails in the first
   */
  default void inFirst(PiecewiseWork work) throws IOException, InterruptedException {
    final double ended = 0;
    final double going = 1;
    final double failed = 2;
    if (isFirst()) {
      double state = failed;
      try {
        work.run(() -> sums(going));
        state = ended;
      } finally {
        sums(state);
      }
      return;
    }
    double state = going;
    while (state == going) {
      state = sums(0)[0];
    }
    if (state == failed) {
      throw new StoppedByPeerException();
    }
  }

  /**
   * What {@code decision} makes of it in the first process, told to all.
   *
   * @throws StoppedByPeerException in the others, where it fails in the first
   */
  long decided(Decision decision) throws IOException;

  @Override
  void close();
}
