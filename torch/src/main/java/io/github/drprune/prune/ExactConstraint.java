package io.github.drprune.prune;

import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.Ops;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.Function;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Holds every row of masks at exactly the sparsity asked for: its log alphas are shifted by the one
 * number that makes it so, before each draw and after each step. Gradients then only decide which
 * units go; nothing has to be learned for how many, nothing overshoots and no target is missed. For
 * a plain sparsity one shift serves all modules.
 */
public final class ExactConstraint implements MaskConstraint {
  /** A log alpha beyond which a mask is certain, in either direction. */
  private static final double CERTAIN = 20;

  private static final long[] LAST = {-1};

  /** Halvings of the bracket: from some hundred to well below a float's resolution. */
  private static final int HALVINGS = 40;

  private final MaskSet masks;
  private final ScheduledSparsity wanted;

  public ExactConstraint(MaskSet masks, SparsitySchedule schedule) {
    this.masks = masks;
    this.wanted = ScheduledSparsity.of(masks.layout(), masks.target(), schedule);
  }

  @Override
  public ScheduledSparsity wanted() {
    return wanted;
  }

  @Override
  public SequencedMap<String, Tensor> multipliers() {
    return Collections.unmodifiableSequencedMap(new LinkedHashMap<>());
  }

  @Override
  public Map<MaskModule, Tensor> logAlphas(long step) {
    Map<MaskModule, Tensor> shifts = shifts(step);
    Map<MaskModule, Tensor> shifted = new EnumMap<>(masks.logAlphas());
    shifted.replaceAll((module, a) -> a.add(shifts.get(module)));
    return shifted;
  }

  @Override
  public Optional<Tensor> penalty(long step) {
    return Optional.empty();
  }

  @Override
  public void after(long step) {
    try (var _ = NativeScope.open();
        var _ = NoGrad.open()) {
      shifts(step).forEach((module, shift) -> masks.logAlpha(module).add_(shift));
    }
  }

  /** What to add to log alphas so that they stand where {@code step} asks, float32. */
  private Map<MaskModule, Tensor> shifts(long step) {
    Map<MaskModule, Tensor> shifts = new EnumMap<>(MaskModule.class);
    try (var _ = NoGrad.open()) {
      if (wanted.modules().isEmpty()) {
        Tensor shift = shiftOfAll(wanted.ofParameters(step)).to(ScalarType.Float);
        masks.layout().modules().forEach(module -> shifts.put(module, shift));
      }
      for (MaskModule module : wanted.modules().keySet()) {
        double asked = wanted.of(module, step).orElseThrow();
        shifts.put(module, shiftOfRows(masks.logAlpha(module), asked).to(ScalarType.Float));
      }
    }
    return shifts;
  }

  /** [rows, 1]. */
  private static Tensor shiftOfRows(Tensor logAlpha, double sparsity) {
    Tensor a = logAlpha.to(ScalarType.Double);
    return root(
        Ops.add(a.amax(LAST, true).neg(), -CERTAIN),
        Ops.add(a.amin(LAST, true).neg(), CERTAIN),
        middle -> HardConcrete.rowSparsity(a.add(middle)),
        sparsity);
  }

  /** A scalar. */
  private Tensor shiftOfAll(double sparsity) {
    Map<MaskModule, Tensor> a = new EnumMap<>(masks.logAlphas());
    a.replaceAll((_, leaf) -> leaf.to(ScalarType.Double));
    Tensor all = Ops.concatenate(a.values().stream().map(x -> x.reshape(-1)).toList(), 0);
    return root(
        Ops.add(all.max().neg(), -CERTAIN),
        Ops.add(all.min().neg(), CERTAIN),
        middle -> {
          Map<MaskModule, Tensor> shifted = new EnumMap<>(a);
          shifted.replaceAll((_, x) -> x.add(middle));
          return masks.parameterSparsity(shifted);
        },
        sparsity);
  }

  /**
   * Where a falling function meets {@code wanted}, by bisection, all rows at once.
   *
   * @param low where it is above, or the bound where it nowhere is
   * @param high where it is below, likewise
   */
  private static Tensor root(
      Tensor low, Tensor high, Function<Tensor, Tensor> sparsity, double wanted) {
    for (int i = 0; i < HALVINGS; i++) {
      Tensor middle = Ops.mul(low.add(high), 0.5);
      Tensor tooSparse = sparsity.apply(middle).gt(new Scalar(wanted));
      low = torch.where(tooSparse, middle, low);
      high = torch.where(tooSparse, high, middle);
    }
    return Ops.mul(low.add(high), 0.5);
  }

  @Override
  public void close() {}
}
