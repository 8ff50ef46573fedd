package io.github.drprune.prune;

import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.Ops;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.model.ModelShape;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.run.RunEvent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The constraint that makes masks reach their target (arXiv 2310.06694, section 2.1): per module
 * {@code mean over rows of l1 (s - t) + l2 (s - t)^2} with the expected sparsity {@code s} of a row
 * and the target {@code t}; for a plain sparsity the same over all parameters. The multipliers
 * start at 0 and are to be <em>maximised</em> over while the masks minimise.
 */
public final class Lagrangian implements AutoCloseable {
  /** Modules with more units than this are not shown unit by unit. */
  private static final int FEW_UNITS = 256;

  private final MaskSet masks;
  private final SparsitySchedule schedule;
  private final SequencedMap<MaskModule, Double> targets; // empty for a plain sparsity
  private final double parameterTarget;
  private final Tensor linear; // [constraints]
  private final Tensor quadratic;

  public Lagrangian(MaskSet masks, SparsitySchedule schedule) {
    this.masks = masks;
    this.schedule = schedule;
    this.targets = new LinkedHashMap<>();
    this.parameterTarget =
        switch (masks.target()) {
          case TargetSparsity wanted -> wanted.sparsity();
          case TargetShape(ModelShape shape) -> {
            MaskLayout layout = masks.layout();
            ModelSpec cut = layout.targetConfig(shape);
            for (MaskModule module : layout.modules()) {
              targets.put(module, 1 - (double) layout.kept(module, cut) / layout.units(module));
            }
            yield layout.sparsity(cut);
          }
        };
    this.linear = newMultipliers();
    this.quadratic = newMultipliers();
  }

  /** The multipliers, [constraints] each, as leaves whose gradients are to be ascended. */
  public SequencedMap<String, Tensor> multipliers() {
    SequencedMap<String, Tensor> named = new LinkedHashMap<>();
    named.put("multiplier.linear", linear);
    named.put("multiplier.quadratic", quadratic);
    return named;
  }

  /** The term to add to the loss, a differentiable scalar in the caller's scope. */
  public Tensor penalty(long step) {
    List<Tensor> gaps = new ArrayList<>();
    List<Tensor> squares = new ArrayList<>();
    if (targets.isEmpty()) {
      Tensor gap = Ops.add(masks.parameterSparsity(), -parameterTarget(step));
      gaps.add(gap);
      squares.add(gap.square());
    }
    targets.forEach(
        (module, target) -> {
          Tensor gap = Ops.add(masks.rowSparsity(module), -schedule.at(step, target)); // [rows]
          gaps.add(gap.mean());
          squares.add(gap.square().mean());
        });
    return linear.dot(stack(gaps)).add(quadratic.dot(stack(squares)));
  }

  /** The sparsity over all prunable parameters that is asked for at {@code step}. */
  public double parameterTarget(long step) {
    return schedule.at(step, parameterTarget);
  }

  /** The sparsity of {@code module} that is asked for in the end; none for a plain sparsity. */
  public Map<MaskModule, Double> targets() {
    return Map.copyOf(targets);
  }

  public SparsitySchedule schedule() {
    return schedule;
  }

  /** Where the masks stand. */
  public RunEvent.Masks event(long step) {
    Map<String, RunEvent.Module> modules = new LinkedHashMap<>();
    for (MaskModule module : masks.layout().modules()) {
      List<Double> rows = Arrays.stream(masks.expectedSparsity(module)).boxed().toList();
      double expected = rows.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
      Double target = targets.containsKey(module) ? schedule.at(step, targets.get(module)) : null;
      boolean few = masks.layout().units(module) <= FEW_UNITS && module != MaskModule.HIDDEN;
      modules.put(
          module.toString(),
          new RunEvent.Module(expected, target, rows, few ? keep(module) : null));
    }
    return new RunEvent.Masks(step, modules);
  }

  private List<List<Double>> keep(MaskModule module) {
    return Arrays.stream(masks.keepProbability(module))
        .map(row -> IntStream.range(0, row.length).mapToObj(i -> (double) row[i]).toList())
        .toList();
  }

  private Tensor newMultipliers() {
    try (var _ = NativeScope.open()) {
      var options = Tensors.options(ScalarType.Float, masks.device());
      long constraints = Math.max(1, targets.size());
      return NativeScope.keep(
          torch.zeros(new long[] {constraints}, options).set_requires_grad(true));
    }
  }

  private static Tensor stack(List<Tensor> scalars) {
    return torch.stack(new TensorVector(scalars.toArray(Tensor[]::new)));
  }

  @Override
  public void close() {
    linear.close();
    quadratic.close();
  }
}
