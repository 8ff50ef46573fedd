package io.github.drprune.data.prepare;

import io.github.drprune.data.Split;
import java.util.List;

/**
 * A shard to be made of what tokenizing the parts gave.
 *
 * @param number of the shard within its split, from 0
 * @param rows sequences of it
 * @param segments the tokens of its rows, in their order
 */
public record ShardPlan(String domain, Split split, int number, long rows, List<Segment> segments) {
  public ShardPlan {
    segments = List.copyOf(segments);
  }

  boolean isOf(String ofDomain, Split ofSplit) {
    return domain.equals(ofDomain) && split == ofSplit;
  }

  /** Tokens [from, from + tokens) of a part's for the split. */
  public record Segment(int part, long from, long tokens) {}
}
