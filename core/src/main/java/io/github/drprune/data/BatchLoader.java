package io.github.drprune.data;

import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Delivers the batches of a run, each assembled on another thread while the one before it is in
 * use. The next batch is guessed to keep the weights of the last; when they changed, the guess is
 * discarded and drawn again, so a changed weight takes effect at once.
 */
public final class BatchLoader implements AutoCloseable {
  /**
   * How a global batch is shared out: process {@code rank} of {@code ranks} takes rows [rank *
   * batchSize / ranks, (rank + 1) * batchSize / ranks).
   *
   * @param batchSize sequences of a batch over all processes
   */
  public record Share(int batchSize, int rank, int ranks) {
    public Share {
      if (ranks < 1 || rank < 0 || rank >= ranks || batchSize < ranks) {
        throw new IllegalArgumentException(
            "rank %d of %d with a batch of %d sequences; a batch needs a sequence for each process"
                .formatted(rank, ranks, batchSize));
      }
    }

    int from() {
      return (int) ((long) rank * batchSize / ranks);
    }

    int to() {
      return (int) ((rank + 1L) * batchSize / ranks);
    }
  }

  private record Assembled(Batch batch, double[] weights, DomainSampler after) {}

  private final List<TokenSequences> domains;
  private final long[] sizes;
  private final Share share;
  private final Arena arena = Arena.ofShared();
  private final RowBuffer[] buffers;
  private final ExecutorService assembler =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().daemon().name("batch-assembler").factory());

  private DomainSampler sampler;
  private Future<Assembled> ahead;
  private int inUse;

  /**
   * @param domains the training split of each domain, see {@link PreparedData#all}
   * @param state where the run stands
   */
  public BatchLoader(List<TokenSequences> domains, SamplerState state, Share share) {
    this.domains = List.copyOf(domains);
    this.sizes = domains.stream().mapToLong(TokenSequences::count).toArray();
    this.sampler = new DomainSampler(sizes, state);
    this.share = share;
    this.buffers = new RowBuffer[] {buffer(), buffer()};
  }

  /**
   * The next batch, drawn with {@code weights}. Its memory is valid until the next call.
   *
   * @param weights of each domain, not necessarily adding up to one
   */
  public Batch next(double[] weights) throws InterruptedException {
    int spare = 1 - inUse;
    var assembled = ahead == null ? null : await(ahead);
    ahead = null;
    if (assembled == null || !Arrays.equals(assembled.weights(), weights)) {
      assembled = assemble(sampler.state(), weights.clone(), buffers[spare]);
    }
    sampler = assembled.after();
    inUse = spare;
    var state = sampler.state();
    var guess = assembled.weights();
    var free = buffers[1 - inUse];
    ahead = assembler.submit(() -> assemble(state, guess, free));
    return assembled.batch();
  }

  /** Where the run stands after the batches delivered; what lies assembled ahead does not count. */
  public SamplerState state() {
    return sampler.state();
  }

  /** Epochs of each domain delivered so far, fractional. */
  public double[] epochs() {
    return sampler.epochs();
  }

  /** Frees the batches' memory. */
  @Override
  public void close() {
    assembler.close();
    arena.close();
  }

  private Assembled assemble(SamplerState state, double[] weights, RowBuffer buffer) {
    var next = new DomainSampler(sizes, state);
    var draws = next.next(share.batchSize(), weights);
    var counts = new int[sizes.length];
    draws.forEach(draw -> counts[draw.domain()]++);
    var mine = draws.subList(share.from(), share.to());
    for (int row = 0; row < mine.size(); row++) {
      var draw = mine.get(row);
      buffer.read(domains.get(draw.domain()), draw.row(), row);
    }
    var batch =
        buffer.batch(
            mine.stream().mapToInt(Draw::domain).toArray(),
            mine.stream().mapToLong(Draw::sequence).toArray(),
            counts);
    return new Assembled(batch, weights, next);
  }

  private RowBuffer buffer() {
    return new RowBuffer(arena, share.to() - share.from(), domains);
  }

  private static Assembled await(Future<Assembled> ahead) throws InterruptedException {
    try {
      return ahead.get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeException cause
          ? cause
          : new IllegalStateException("a batch could not be assembled", e.getCause());
    }
  }
}
