package io.github.drprune.prune;

import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.Ops;
import io.github.drprune.libtorch.RandomState;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.model.ModelShape;
import io.github.drprune.model.ModelSpec;
import java.util.Arrays;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.ScalarOptional;
import org.bytedeco.pytorch.Tensor;

/**
 * Hard concrete masks that are being learned: one float32 leaf of log alphas a module, [rows,
 * units]. It owns them.
 */
public final class MaskSet implements AutoCloseable {
  /** Log alphas start at this mean: all but certain to be kept. */
  private static final double START = 5;

  private static final double START_DEVIATION = 0.01;

  private final MaskLayout layout;
  private final PruningTarget target;
  private final Map<MaskModule, Tensor> logAlpha = new EnumMap<>(MaskModule.class);
  private final ExpectedSparsity sparsity;

  private MaskSet(MaskLayout layout, PruningTarget target) {
    this.layout = layout;
    this.target = target;
    this.sparsity = new ExpectedSparsity(PrunableParameters.of(layout));
  }

  /**
   * Masks that keep nearly everything.
   *
   * @throws io.github.drprune.error.UserException when the target cannot be reached with them
   */
  public static MaskSet create(
      MaskLayout layout, PruningTarget target, RandomState random, Device device) {
    switch (target) {
      case TargetShape(ModelShape shape) -> layout.targetConfig(shape);
      case TargetSparsity _ -> layout.checkFreeShape();
    }
    var masks = new MaskSet(layout, target);
    try (var _ = NativeScope.open()) {
      for (MaskModule module : layout.modules()) {
        Tensor start =
            random.normal(START, START_DEVIATION, layout.rows(module), layout.units(module));
        masks.logAlpha.put(
            module,
            NativeScope.keep(start.to(device, start.scalar_type()).set_requires_grad(true)));
      }
    }
    return masks;
  }

  public MaskLayout layout() {
    return layout;
  }

  public PruningTarget target() {
    return target;
  }

  /** The leaves that training updates and checkpoints store, by name. */
  public SequencedMap<String, Tensor> parameters() {
    SequencedMap<String, Tensor> named = new LinkedHashMap<>();
    logAlpha.forEach((module, tensor) -> named.put("log_alpha." + module, tensor));
    return named;
  }

  /**
   * Starts again from one-shot importance: in each row log alphas fall evenly from the most to the
   * least important unit, which are then the first to go.
   *
   * @param spread from the first to the last
   */
  public void startFrom(UnitScores scores, double spread) {
    try (var _ = NativeScope.open();
        var _ = NoGrad.open()) {
      logAlpha.forEach(
          (module, a) -> {
            double[][] rows = scores.rows(layout, module);
            int units = rows[0].length;
            double step = spread / Math.max(1, units - 1);
            double[] start =
                Arrays.stream(rows)
                    .flatMapToDouble(
                        row ->
                            Arrays.stream(UnitScores.ranks(row))
                                .mapToDouble(
                                    rank -> HardConcrete.HIGHEST - step * (units - 1 - rank)))
                    .toArray();
            a.copy_(Tensors.of(start, rows.length, units));
          });
    }
  }

  /** Keeps log alphas where they can still move; to be called after each optimizer step. */
  public void clamp() {
    try (var _ = NativeScope.open();
        var _ = NoGrad.open()) {
      var low = new ScalarOptional(new Scalar(HardConcrete.LOWEST));
      var high = new ScalarOptional(new Scalar(HardConcrete.HIGHEST));
      logAlpha.values().forEach(a -> a.clamp_(low, high));
    }
  }

  /** The masks of the model to cut: exactly the target's shape or, rounded to units, sparsity. */
  public MaskValues deterministicExact() {
    ModelSpec cut =
        switch (target) {
          case TargetShape(ModelShape shape) -> layout.targetConfig(shape);
          case TargetSparsity wanted ->
              layout
                  .policy()
                  .cut(
                      layout.config(),
                      ExpectedShape.of(layout, this::expectedSparsity, wanted.sparsity()));
        };
    Map<MaskModule, float[][]> values = new EnumMap<>(MaskModule.class);
    for (MaskModule module : layout.modules()) {
      int[] removed = new int[layout.rows(module)];
      Arrays.fill(removed, layout.units(module) - layout.kept(module, cut));
      values.put(module, HardConcrete.deterministic(logAlpha.get(module), removed));
    }
    if (layout.modules().contains(MaskModule.HEAD_LAYER)) {
      keepMatchingHalves(values, cut.layers());
    }
    return new MaskValues(layout, values);
  }

  /** The masks of the shape that is expected now, which may differ between layers. */
  public MaskValues deterministicExpected() {
    Map<MaskModule, float[][]> values = new EnumMap<>(MaskModule.class);
    for (MaskModule module : layout.modules()) {
      values.put(module, HardConcrete.deterministic(logAlpha.get(module), expectedRemoved(module)));
    }
    return new MaskValues(layout, values);
  }

  /** How many units of each row are expected to go, rounded; one always stays. */
  int[] expectedRemoved(MaskModule module) {
    int units = layout.units(module);
    return Arrays.stream(expectedSparsity(module))
        .mapToInt(sparsity -> Math.min((int) Math.rint(units * sparsity), units - 1))
        .toArray();
  }

  /** The share of units of each row that is expected to go. */
  public double[] expectedSparsity(MaskModule module) {
    try (var _ = NativeScope.open();
        var _ = NoGrad.open()) {
      return Tensors.doubles(rowSparsity(module));
    }
  }

  /** The expected sparsity over the parameters of all blocks' matrices. */
  public double expectedSparsity() {
    try (var _ = NativeScope.open();
        var _ = NoGrad.open()) {
      return parameterSparsity().item_double();
    }
  }

  /**
   * The uniform shape nearest to what is expected now; the intermediate size, where it is masked,
   * makes up for the rounding of the rest.
   */
  public ModelShape expectedShape() {
    return ExpectedShape.of(layout, this::expectedSparsity, expectedSparsity());
  }

  /** How far the expected shape is from the target's. */
  public ShapeReport report() {
    return ShapeReport.of(layout, target, this::expectedSparsity, this::expectedSparsity);
  }

  Tensor rowSparsity(MaskModule module) {
    return HardConcrete.rowSparsity(logAlpha.get(module)).squeeze(-1);
  }

  Tensor parameterSparsity() {
    return parameterSparsity(logAlpha);
  }

  /**
   * The sparsity over all prunable parameters that other log alphas would lead to, a differentiable
   * scalar.
   */
  Tensor parameterSparsity(Map<MaskModule, Tensor> logAlphas) {
    Map<MaskModule, Tensor> drop = new EnumMap<>(MaskModule.class);
    logAlphas.forEach((module, a) -> drop.put(module, HardConcrete.dropProbability(a)));
    return sparsity.of(drop);
  }

  /** The probability of keeping each unit, [rows][units]. */
  float[][] keepProbability(MaskModule module) {
    try (var _ = NativeScope.open();
        var _ = NoGrad.open()) {
      return HardConcrete.rows(
          Ops.add(HardConcrete.dropProbability(logAlpha.get(module)).neg(), 1));
    }
  }

  Device device() {
    return logAlpha.values().iterator().next().device();
  }

  /** The leaves by module. */
  Map<MaskModule, Tensor> logAlphas() {
    return Collections.unmodifiableMap(logAlpha);
  }

  Tensor logAlpha(MaskModule module) {
    return logAlpha.get(module);
  }

  /**
   * Chooses halves that form whole layers: each row's largest alone might keep two attention halves
   * in a row, which no uniform model can express.
   */
  private void keepMatchingHalves(Map<MaskModule, float[][]> values, int layers) {
    float[] attention = soft(MaskModule.HEAD_LAYER);
    float[] mlp = soft(MaskModule.MLP);
    List<LayerPair> pairs =
        LayerPair.best(attention, mlp, layers, layout.config().parallelResidual());
    values.put(
        MaskModule.HEAD_LAYER, only(attention, pairs.stream().mapToInt(LayerPair::attention)));
    values.put(MaskModule.MLP, only(mlp, pairs.stream().mapToInt(LayerPair::mlp)));
  }

  private float[] soft(MaskModule module) {
    return HardConcrete.deterministic(logAlpha.get(module), new int[1])[0];
  }

  private static float[][] only(float[] values, IntStream kept) {
    float[] result = new float[values.length];
    kept.forEach(i -> result[i] = values[i]);
    return new float[][] {result};
  }

  @Override
  public void close() {
    logAlpha.values().forEach(Tensor::close);
  }
}
