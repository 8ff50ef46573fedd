package io.github.drprune.data;

import java.util.List;
import java.util.stream.LongStream;

/**
 * Everything a sampler needs to go on: it is independent of the number of processes.
 *
 * @param sequence the number of the next sequence of the run
 * @param drawn sequences drawn from each domain so far
 */
public record SamplerState(long seed, long sequence, List<Long> drawn) {
  public SamplerState {
    drawn = List.copyOf(drawn);
    long total = drawn.stream().mapToLong(Long::longValue).sum();
    if (total != sequence || drawn.stream().anyMatch(count -> count < 0)) {
      throw new IllegalArgumentException(
          "sequence is %d, but %d were drawn from domains".formatted(sequence, total));
    }
  }

  /** The state before the first sequence of a run over {@code domains} domains. */
  public static SamplerState start(long seed, int domains) {
    return new SamplerState(seed, 0, LongStream.range(0, domains).map(i -> 0).boxed().toList());
  }
}
