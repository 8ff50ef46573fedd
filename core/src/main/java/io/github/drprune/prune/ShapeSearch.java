package io.github.drprune.prune;

import io.github.drprune.error.UserException;
import io.github.drprune.model.ModelShape;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.model.SizeRule;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;

/** Shapes that a model can be pruned to, near a number of parameters. */
public final class ShapeSearch {
  /** Sizes that run well are multiples of this, in models large enough. */
  private static final int GRAIN = 32;

  /** Parameters may miss what was asked for by this share. */
  private static final double TOLERANCE = 0.03;

  private record Candidate(ModelShape shape, long parameters, double distortion) {}

  private ShapeSearch() {}

  /** Which programs a shape must be readable by. */
  public enum Readers {
    /** All that the family has rules for. */
    ALL,
    /** Those without which a checkpoint is of no use. */
    NEEDED
  }

  /**
   * The shapes within 3% of {@code parameters} whose proportions are nearest to the source's, the
   * nearest first: hidden size, layers, heads and intermediate size shrink by about the same share.
   *
   * @throws UserException when there is none
   */
  public static List<ModelShape> near(
      ModelSpec source, GroupPolicy policy, long parameters, Readers readers, int limit) {
    if (parameters >= source.parameters()) {
      throw new UserException(
          "target parameters: %,d is not below the model's %,d"
              .formatted(parameters, source.parameters()));
    }
    List<Candidate> found = new ArrayList<>();
    for (int layers = 1; layers <= source.layers(); layers++) {
      for (int heads : headCounts(source, policy)) {
        for (int hidden : hiddenSizes(source, heads, readers)) {
          candidate(source, policy, parameters, layers, heads, hidden, found);
        }
      }
    }
    if (found.isEmpty()) {
      throw new UserException(
          "target parameters: no shape of this model comes within 3%% of %,d; name sizes instead"
              .formatted(parameters));
    }
    found.sort(
        Comparator.comparingDouble(Candidate::distortion)
            .thenComparingLong(candidate -> Math.abs(candidate.parameters() - parameters)));
    return found.stream().limit(limit).map(Candidate::shape).toList();
  }

  /** Finds the intermediate size that makes up for the rest. */
  private static void candidate(
      ModelSpec source,
      GroupPolicy policy,
      long parameters,
      int layers,
      int heads,
      int hidden,
      List<Candidate> found) {
    int grain = grain(source.intermediateSize());
    var smallest = policy.shape(source, hidden, layers, heads, null, grain);
    ModelSpec least = policy.cut(source, smallest);
    long perGrain = -least.parameters();
    if (2 * grain > source.intermediateSize()) {
      return;
    }
    perGrain +=
        policy
            .cut(source, policy.shape(source, hidden, layers, heads, null, 2 * grain))
            .parameters();
    long grains = 1 + Math.round((double) (parameters - least.parameters()) / perGrain);
    if (grains < 1 || grains * grain > source.intermediateSize()) {
      return;
    }
    int intermediate = (int) grains * grain;
    var shape = policy.shape(source, hidden, layers, heads, null, intermediate);
    long size = policy.cut(source, shape).parameters();
    if (Math.abs(size - parameters) <= TOLERANCE * parameters) {
      found.add(new Candidate(shape, size, distortion(source, shape)));
    }
  }

  /** How unevenly the sizes shrink: the spread of the logarithms of their shares. */
  private static double distortion(ModelSpec source, ModelShape shape) {
    double[] shares = {
      Math.log((double) shape.hiddenSize() / source.hiddenSize()),
      Math.log((double) shape.layers() / source.layers()),
      Math.log((double) shape.heads() / source.heads()),
      Math.log((double) shape.intermediateSize() / source.intermediateSize())
    };
    double mean = 0;
    for (double share : shares) {
      mean += share / shares.length;
    }
    double spread = 0;
    for (double share : shares) {
      spread += (share - mean) * (share - mean);
    }
    return spread;
  }

  private static List<Integer> headCounts(ModelSpec source, GroupPolicy policy) {
    int stride =
        switch (policy) {
          case KV_GROUP -> source.groupSize();
          case QUERY_IN_GROUP -> source.kvHeads();
        };
    List<Integer> counts = new ArrayList<>();
    for (int heads = stride; heads <= source.heads(); heads += stride) {
      counts.add(heads);
    }
    return counts;
  }

  /** Multiples of a grain, and the one size that follows from the heads. */
  private static List<Integer> hiddenSizes(ModelSpec source, int heads, Readers readers) {
    Predicate<SizeRule> rules = rule -> readers == Readers.ALL || rule.isBinding();
    int grain = grain(source.hiddenSize());
    int fromHeads = heads * source.headDim();
    List<Integer> sizes = new ArrayList<>();
    for (int hidden = 1; hidden <= source.hiddenSize(); hidden++) {
      if ((hidden % grain == 0 || hidden == fromHeads) && source.allows(hidden, heads, rules)) {
        sizes.add(hidden);
      }
    }
    return sizes;
  }

  private static int grain(int size) {
    return size >= 8 * GRAIN ? GRAIN : Math.max(1, size / 8);
  }
}
