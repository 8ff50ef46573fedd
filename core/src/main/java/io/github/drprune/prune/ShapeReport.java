package io.github.drprune.prune;

import io.github.drprune.model.ModelShape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.DoubleSupplier;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** How far the expected shape is from the target's. */
public record ShapeReport(List<Gap> gaps) {
  /** Expected sizes this near to the target's, relative to them, have reached it. */
  public static final double TOLERANCE = 0.02;

  /** The part that stands for all prunable parameters. */
  public static final String SPARSITY = "sparsity";

  public ShapeReport {
    gaps = List.copyOf(gaps);
  }

  /**
   * One module, or all prunable parameters where their sparsity is the target.
   *
   * @param part the module, or {@link #SPARSITY}
   * @param units units of a row in the source; 1 for all parameters
   * @param target units of a row, or the share of parameters, to keep
   * @param rows units of each row that are expected to stay
   */
  public record Gap(String part, int units, double target, double[] rows) {
    public Gap(MaskModule module, int units, int target, double[] rows) {
      this(module.toString(), units, target, rows);
    }

    boolean isSparsity() {
      return part.equals(SPARSITY);
    }

    /** What is kept now, such as "255.1 of 256", or the sparsity. */
    String now() {
      return isSparsity() ? size(expected()) : size(expected()) + " of " + units;
    }

    /** {@code kept} as the user knows it: units, or the sparsity. */
    String size(double kept) {
      return isSparsity()
          ? String.format(Locale.ROOT, "%.3f", 1 - kept)
          : String.format(Locale.ROOT, "%.1f", kept);
    }

    /** The target, as {@link #size} words what is kept. */
    String wanted() {
      return isSparsity() ? size(target) : String.format(Locale.ROOT, "%.0f", target);
    }

    /** Units expected to stay, the mean over rows. */
    public double expected() {
      return Arrays.stream(rows).average().orElseThrow();
    }

    /** Distance of the expected size, relative to the target; positive when too many stay. */
    public double relative() {
      return expected() / target - 1;
    }

    /** The rows furthest from the target, none where there is but one. */
    String furthest() {
      return rows.length == 1
          ? ""
          : IntStream.range(0, rows.length)
              .boxed()
              .sorted(Comparator.comparingDouble(row -> -Math.abs(rows[row] - target)))
              .limit(3)
              .map(row -> String.format(Locale.ROOT, "%d (%.1f)", row, rows[row]))
              .collect(Collectors.joining(", ", "; furthest rows: ", ""));
    }
  }

  /**
   * Where masks stand.
   *
   * @param expectedSparsity of each row of a module
   * @param parameterSparsity expected over all prunable parameters
   */
  public static ShapeReport of(
      MaskLayout layout,
      PruningTarget target,
      Function<MaskModule, double[]> expectedSparsity,
      DoubleSupplier parameterSparsity) {
    List<Gap> gaps = new ArrayList<>();
    if (target instanceof TargetSparsity whole) {
      double kept = 1 - parameterSparsity.getAsDouble();
      gaps.add(new Gap(SPARSITY, 1, 1 - whole.sparsity(), new double[] {kept}));
    }
    if (target instanceof TargetShape(ModelShape shape)) {
      var cut = layout.targetConfig(shape);
      for (MaskModule module : layout.modules()) {
        int units = layout.units(module);
        double[] rows =
            Arrays.stream(expectedSparsity.apply(module))
                .map(sparsity -> units * (1 - sparsity))
                .toArray();
        gaps.add(new Gap(module, units, layout.kept(module, cut), rows));
      }
    }
    return new ShapeReport(gaps);
  }

  /** One line on every module that is not within {@link #TOLERANCE}, or nothing. */
  public Optional<String> warning() {
    String lines =
        gaps.stream()
            .filter(gap -> Math.abs(gap.relative()) > TOLERANCE)
            .map(
                gap ->
                    String.format(
                        Locale.ROOT,
                        "%s %s, target %s (%+.1f%%%s)%s",
                        gap.part(),
                        gap.now(),
                        gap.wanted(),
                        100 * gap.relative(),
                        gap.isSparsity() ? " parameters" : "",
                        gap.furthest()))
            .collect(Collectors.joining(" | "));
    return lines.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "the cut removes units that the masks still expect to keep, or the reverse: " + lines);
  }
}
