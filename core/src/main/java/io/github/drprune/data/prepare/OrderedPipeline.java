package io.github.drprune.data.prepare;

import java.io.IOException;
import java.util.ArrayDeque;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;

/**
 * Work shared out to threads, its results taken in the order of its items. The caller's thread
 * reads and writes; at most {@code ahead} items for each thread are in flight, which bounds the
 * memory.
 */
final class OrderedPipeline implements AutoCloseable {
  private static final int AHEAD = 4;

  private final ExecutorService workers;
  private final int inFlight;

  /** Yields items until it yields null. */
  @FunctionalInterface
  interface Source<I> {
    I next() throws IOException;
  }

  /** Takes results in order. */
  @FunctionalInterface
  interface Sink<O> {
    void accept(O result) throws IOException;
  }

  OrderedPipeline(int threads) {
    this.workers =
        Executors.newFixedThreadPool(
            threads, Thread.ofPlatform().daemon().name("tokenizer-", 0).factory());
    this.inFlight = AHEAD * threads;
  }

  <I, O> void run(Source<I> source, Function<I, O> work, Sink<O> sink) throws IOException {
    var results = new ArrayDeque<Future<O>>(inFlight);
    for (I item = source.next(); item != null; item = source.next()) {
      if (results.size() == inFlight) {
        sink.accept(await(results.remove()));
      }
      I next = item;
      results.add(workers.submit(() -> work.apply(next)));
    }
    while (!results.isEmpty()) {
      sink.accept(await(results.remove()));
    }
  }

  private static <O> O await(Future<O> result) {
    try {
      return result.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof OutOfMemoryError cause) {
        throw cause;
      }
      throw e.getCause() instanceof RuntimeException cause
          ? cause
          : new IllegalStateException("a batch could not be tokenized", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  @Override
  public void close() {
    workers.shutdownNow();
    workers.close();
  }
}
