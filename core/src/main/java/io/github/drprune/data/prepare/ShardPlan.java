package io.github.drprune.data.prepare;

import java.util.List;

/**
 * A shard to be made of what tokenizing the parts gave.
 *
 * @param number of the shard within its split, from 0
 * @param rows sequences of it
 * @param segments the tokens of its rows, in their order
 */
public record ShardPlan(DomainSplit to, int number, long rows, List<Segment> segments) {
  public ShardPlan {
    segments = List.copyOf(segments);
  }

  /**
   * Tokens [from, from + tokens) of a part's.
   *
   * @param stream the number of its file of the part
   */
  public record Segment(int part, int stream, long from, long tokens) {}
}
