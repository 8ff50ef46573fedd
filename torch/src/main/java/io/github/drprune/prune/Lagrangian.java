package io.github.drprune.prune;

import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.Ops;
import io.github.drprune.libtorch.Tensors;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
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
public final class Lagrangian implements MaskConstraint {
  private final MaskSet masks;
  private final ScheduledSparsity wanted;
  private final Tensor linear; // [constraints]
  private final Tensor quadratic;

  public Lagrangian(MaskSet masks, SparsitySchedule schedule) {
    this.masks = masks;
    this.wanted = ScheduledSparsity.of(masks.layout(), masks.target(), schedule);
    this.linear = newMultipliers();
    this.quadratic = newMultipliers();
  }

  @Override
  public ScheduledSparsity wanted() {
    return wanted;
  }

  /** The multipliers, [constraints] each. */
  @Override
  public SequencedMap<String, Tensor> multipliers() {
    SequencedMap<String, Tensor> named = new LinkedHashMap<>();
    named.put("multiplier.linear", linear);
    named.put("multiplier.quadratic", quadratic);
    return named;
  }

  @Override
  public Map<MaskModule, Tensor> logAlphas(long step) {
    return masks.logAlphas();
  }

  @Override
  public Optional<Tensor> penalty(long step) {
    List<Tensor> gaps = new ArrayList<>();
    List<Tensor> squares = new ArrayList<>();
    if (wanted.modules().isEmpty()) {
      Tensor gap = Ops.add(masks.parameterSparsity(), -wanted.ofParameters(step));
      gaps.add(gap);
      squares.add(gap.square());
    }
    for (MaskModule module : wanted.modules().keySet()) {
      double asked = wanted.of(module, step).orElseThrow();
      Tensor gap = Ops.add(masks.rowSparsity(module), -asked); // [rows]
      gaps.add(gap.mean());
      squares.add(gap.square().mean());
    }
    return Optional.of(linear.dot(stack(gaps)).add(quadratic.dot(stack(squares))));
  }

  /** Keeps log alphas where they can still move. */
  @Override
  public void after(long step) {
    masks.clamp();
  }

  private Tensor newMultipliers() {
    try (var _ = NativeScope.open()) {
      var options = Tensors.options(ScalarType.Float, masks.device());
      long constraints = Math.max(1, wanted.modules().size());
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
