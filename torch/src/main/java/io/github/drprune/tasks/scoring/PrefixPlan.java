package io.github.drprune.tasks.scoring;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Which inputs are read together: a tree whose nodes are beginnings that several inputs share, read
 * once, and whose leaves are what is left of each input, read as a batch. Of all such trees over
 * the sorted inputs it is the one of the least work, counted in tokens.
 *
 * @param from the positions up to which the node above reads
 * @param to the positions up to which this node reads
 * @param children that begin where this node ends
 * @param leaves inputs that are read to their end from there
 */
record PrefixPlan(int from, int to, List<PrefixPlan> children, List<Integer> leaves) {
  /** What a pass costs beside its tokens, in tokens. */
  private static final int PASS = 24;

  /** A tree with what it costs. */
  private record Priced(PrefixPlan plan, long cost) {}

  /**
   * The best tree for {@code inputs}, which are sorted and differ.
   *
   * @param shares whether beginnings may be shared
   */
  static PrefixPlan of(List<int[]> inputs, boolean shares) {
    if (!shares) {
      return leaves(0, 0, range(0, inputs.size()));
    }
    int[] common = new int[inputs.size()];
    for (int i = 1; i < common.length; i++) {
      int mismatch = Arrays.mismatch(inputs.get(i - 1), inputs.get(i));
      // An input that begins another keeps a token to be read by itself.
      common[i] = Math.min(mismatch, inputs.get(i - 1).length - 1);
    }
    return best(inputs, common, 0, inputs.size(), 0, 0).plan();
  }

  private static PrefixPlan leaves(int from, int to, List<Integer> leaves) {
    return new PrefixPlan(from, to, List.of(), leaves);
  }

  private static List<Integer> range(int low, int high) {
    List<Integer> range = new ArrayList<>();
    for (int i = low; i < high; i++) {
      range.add(i);
    }
    return range;
  }

  /** The best tree for inputs [low, high), which a node that reads to {@code depth} holds. */
  private static Priced best(
      List<int[]> inputs, int[] common, int low, int high, int from, int depth) {
    long edge = depth == 0 ? 0 : depth - from + PASS;
    long asBatch = edge + PASS;
    for (int i = low; i < high; i++) {
      asBatch += inputs.get(i).length - depth;
    }
    List<PrefixPlan> children = new ArrayList<>();
    List<Integer> leaves = new ArrayList<>();
    long asTree = edge + PASS;
    for (int start = low; start < high; ) {
      int end = start + 1;
      int shared = Integer.MAX_VALUE;
      while (end < high && common[end] > depth) {
        shared = Math.min(shared, common[end]);
        end++;
      }
      long alone = inputs.get(start).length - depth;
      for (int i = start + 1; i < end; i++) {
        alone += inputs.get(i).length - depth;
      }
      Priced child = end - start < 2 ? null : best(inputs, common, start, end, depth, shared);
      if (child != null && child.cost() < alone) {
        children.add(child.plan());
        asTree += child.cost();
      } else {
        leaves.addAll(range(start, end));
        asTree += alone;
      }
      start = end;
    }
    return asTree < asBatch
        ? new Priced(new PrefixPlan(from, depth, children, leaves), asTree)
        : new Priced(leaves(from, depth, range(low, high)), asBatch);
  }
}
