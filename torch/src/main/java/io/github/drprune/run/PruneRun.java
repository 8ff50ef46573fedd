package io.github.drprune.run;

import io.github.drprune.config.MaskConfig;
import io.github.drprune.config.PruneConfig;
import io.github.drprune.config.RunConfig;
import io.github.drprune.config.TargetConfig;
import io.github.drprune.data.PreparedData;
import io.github.drprune.distributed.ProcessGroup;
import io.github.drprune.error.UserException;
import io.github.drprune.evaluate.EvaluationResult;
import io.github.drprune.export.ExportCheck;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.RandomState;
import io.github.drprune.model.CausalLm;
import io.github.drprune.model.CheckpointCheck;
import io.github.drprune.model.ModelLoader;
import io.github.drprune.model.ModelOptions;
import io.github.drprune.model.ModelShape;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.model.ModelSummary;
import io.github.drprune.model.ModelWriter;
import io.github.drprune.model.SizeRule;
import io.github.drprune.nn.ModelMasks;
import io.github.drprune.optim.Schedule;
import io.github.drprune.prune.Cut;
import io.github.drprune.prune.ExactConstraint;
import io.github.drprune.prune.GroupPolicy;
import io.github.drprune.prune.HiddenBasis;
import io.github.drprune.prune.Importance;
import io.github.drprune.prune.Lagrangian;
import io.github.drprune.prune.MaskLayout;
import io.github.drprune.prune.MaskModule;
import io.github.drprune.prune.MaskSet;
import io.github.drprune.prune.MaskValues;
import io.github.drprune.prune.PrincipalBasis;
import io.github.drprune.prune.PruningTarget;
import io.github.drprune.prune.Reconstruction;
import io.github.drprune.prune.ShapeForecast;
import io.github.drprune.prune.ShapeSearch;
import io.github.drprune.prune.SparsitySchedule;
import io.github.drprune.prune.TargetShape;
import io.github.drprune.prune.TargetSparsity;
import io.github.drprune.prune.UnitScores;
import io.github.drprune.train.Objective;
import io.github.drprune.train.Trainer;
import io.github.drprune.train.TrainingStep;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Pruning of a checkpoint by learned masks, to the cut. */
public record PruneRun(PruneConfig whole) implements RunKind {
  private static final Logger LOG = LoggerFactory.getLogger(PruneRun.class);

  @Override
  public String command() {
    return "prune";
  }

  @Override
  public RunConfig config() {
    return whole.run();
  }

  @Override
  public ModelSpec source() throws IOException {
    ModelSpec source = CheckpointCheck.of(whole.model());
    if (whole.masks().hiddenBasis().equals(Optional.of(HiddenBasis.PRINCIPAL))
        && !PrincipalBasis.fits(source)) {
      throw UserException.at(
          "hidden_basis",
          "a model can be turned to principal components only with RMSNorm before each half and an"
              + " untied head",
          "leave the key out");
    }
    PruningTarget target = pruningTarget(source);
    if (target instanceof TargetShape(ModelShape shape)) {
      ModelSpec cut = layout(source, target).targetConfig(shape);
      for (String broken : cut.brokenRules(source, SizeRule.Reader.TRANSFORMERS)) {
        throw new UserException("target " + broken);
      }
      new ExportCheck(source).obstacle(shape).ifPresent(LOG::warn);
    } else if (!takesSteps()) {
      throw UserException.at(
          "method", "importance needs a shape or a number of parameters as target, not a sparsity");
    }
    if (!takesSteps() && config().distillation().isPresent()) {
      throw UserException.at(
          "distillation",
          "method importance takes no steps in which to learn from a teacher",
          "leave the key out");
    }
    return source;
  }

  @Override
  public Optional<Path> model() {
    return Optional.of(whole.model());
  }

  @Override
  public Path tokenizer() {
    return whole.model();
  }

  @Override
  public Optional<ModelShape> target(ModelSpec source) {
    return pruningTarget(source) instanceof TargetShape(ModelShape shape)
        ? Optional.of(shape)
        : Optional.empty();
  }

  @Override
  public GroupPolicy policy() {
    return whole.masks().groupPolicy();
  }

  private MaskLayout layout(ModelSpec source, PruningTarget target) {
    return MaskLayout.of(source, whole.masks().maskModules(), policy()).in(basis(source, target));
  }

  /** Principal components where the model can be turned to them and hidden units are to go. */
  private HiddenBasis basis(ModelSpec source, PruningTarget target) {
    boolean keepsAll =
        target instanceof TargetShape(ModelShape shape)
            && shape.hiddenSize() == source.hiddenSize();
    boolean helps =
        whole.masks().maskModules().contains(MaskModule.HIDDEN)
            && !keepsAll
            && PrincipalBasis.fits(source);
    return whole.masks().hiddenBasis().orElse(helps ? HiddenBasis.PRINCIPAL : HiddenBasis.SOURCE);
  }

  private PruningTarget pruningTarget(ModelSpec source) {
    TargetConfig target = whole.target();
    if (target.sparsity().isPresent()) {
      return new TargetSparsity(target.sparsity().get());
    }
    if (target.parameters().isPresent()) {
      return new TargetShape(
          ShapeSearch.near(source, policy(), target.parameters().get(), ShapeSearch.Readers.ALL, 1)
              .getFirst());
    }
    return new TargetShape(
        policy()
            .shape(
                source,
                target.hiddenSize().orElse(null),
                target.layers().orElse(null),
                target.heads().orElse(null),
                target.kvHeads().orElse(null),
                target.intermediateSize().orElse(null)));
  }

  @Override
  public CausalLm load(ModelOptions options) throws IOException {
    return ModelLoader.loadChecked(whole.model(), options);
  }

  @Override
  public Objective objective(
      CausalLm model, PreparedData data, boolean fresh, ProcessGroup processes)
      throws IOException, InterruptedException {
    var random = new RandomState(config().seed());
    PruningTarget target = pruningTarget(model.spec());
    var layout = layout(model.spec(), target);
    var masks = MaskSet.create(layout, target, random, model.device());
    if (fresh && config().sharding().fetchesBlocks()) {
      processes.inFirst(piece -> begin(model, masks, data, piece)); // It alone has the blocks.
    } else if (fresh) {
      begin(model, masks, data, () -> {});
    }
    return learning(masks, random, model);
  }

  /** Turns the model to its basis, and gives masks their first values. */
  private void begin(CausalLm model, MaskSet masks, PreparedData data, Runnable piece)
      throws InterruptedException {
    try (var _ = NativeScope.open()) {
      List<Tensor> calibration = CalibrationData.read(config(), data, model.device());
      turn(model, masks.layout().basis(), calibration, piece);
      if (whole.masks().start() == MaskConfig.Start.IMPORTANCE) {
        masks.startFrom(scores(model, calibration, piece), whole.masks().spread());
      }
    }
  }

  @Override
  public Objective trial(CausalLm model) {
    var random = new RandomState(config().seed());
    var half = new TargetSparsity(0.5);
    var layout = layout(model.spec(), half);
    return learning(MaskSet.create(layout, half, random, model.device()), random, model);
  }

  private LearnedMasks learning(MaskSet masks, RandomState random, CausalLm model) {
    MaskConfig settings = whole.masks();
    var sparsity =
        new SparsitySchedule(
            settings.startSparsity(), Math.round(settings.sparsityWarmup() * config().steps()));
    return new LearnedMasks(
        masks,
        switch (settings.constraint()) {
          case EXACT -> new ExactConstraint(masks, sparsity);
          case LAGRANGIAN -> new Lagrangian(masks, sparsity);
        },
        forecast(sparsity),
        random,
        model.device(),
        settings.maskLearningRate(),
        config().steps());
  }

  /** Masks held exactly cannot miss their target: there is nothing to foresee. */
  private Optional<ShapeForecast> forecast(SparsitySchedule sparsity) {
    if (whole.masks().constraint() == MaskConfig.Constraint.EXACT) {
      return Optional.empty();
    }
    Schedule rates = TrainingStep.schedule(config());
    return Optional.of(
        new ShapeForecast(
            sparsity, config().steps(), step -> whole.masks().maskLearningRate() * rates.at(step)));
  }

  /** Whether units are chosen by importance alone. */
  @Override
  public boolean takesSteps() {
    return whole.masks().method() != MaskConfig.Method.IMPORTANCE;
  }

  @Override
  public long bytesInOneShot(ModelSpec source, ModelOptions options, int seqLen) {
    ModelSpec cut = policy().cut(source, target(source).orElseThrow());
    long weights = Float.BYTES * (source.parameters() + cut.parameters());
    if (!whole.masks().reconstruction()) {
      return weights;
    }
    // A fit goes by the residual streams of both on all of the calibration text, which blocks whose
    // parts are parallel need before and after the first of them.
    int streams = source.parallelResidual() ? 2 : 1;
    long units = source.hiddenSize() + cut.hiddenSize();
    return weights
        + (long) CalibrationData.SEQUENCES * seqLen * streams * units * options.precision().bytes();
  }

  private UnitScores scores(CausalLm model, List<Tensor> calibration, Runnable piece) {
    return Importance.of(model, calibration, whole.masks().scores(), piece);
  }

  private static void turn(
      CausalLm model, HiddenBasis basis, List<Tensor> calibration, Runnable piece) {
    if (basis == HiddenBasis.PRINCIPAL) {
      PrincipalBasis.turn(model, calibration, piece);
    }
  }

  /** Cuts by importance and evaluates what is left. */
  @Override
  public ModelSpec inOneShot(RunFolder folder, CausalLm model, PreparedData data, RunLog log)
      throws IOException, InterruptedException {
    ModelShape shape = target(model.spec()).orElseThrow();
    var layout = layout(model.spec(), new TargetShape(shape));
    try (var _ = NativeScope.open()) {
      List<Tensor> calibration = CalibrationData.read(config(), data, model.device());
      turn(model, layout.basis(), calibration, () -> {});
      MaskValues masks = scores(model, calibration, () -> {}).masks(layout, shape);
      ModelOptions options = holding(model);
      try (var cut =
          whole.masks().reconstruction()
              ? Reconstruction.apply(model, masks, options, calibration)
              : Cut.apply(model, masks, options)) {
        EvaluationResult result = Trainer.evaluator(config(), data).evaluate(cut, ModelMasks.NONE);
        log.write(
            new RunEvent.Evaluation(
                0, 0, result.events(), result.meanLoss(), result.worstDomain(), Map.of()));
        return write(folder, cut, masks, log, 0);
      }
    }
  }

  @Override
  public ModelSpec finish(
      RunFolder folder, CausalLm model, Objective objective, RunLog log, long step)
      throws IOException {
    var learning = (LearnedMasks) objective;
    Optional<String> gap = learning.gap();
    if (gap.isPresent()) {
      log.write(new RunEvent.Warning(step, gap.get()));
    }
    return cut(folder, model, learning.cut(), log, step);
  }

  private ModelSpec cut(RunFolder folder, CausalLm model, MaskValues masks, RunLog log, long step)
      throws IOException {
    try (var cut = Cut.apply(model, masks, holding(model))) {
      return write(folder, cut, masks, log, step);
    }
  }

  private ModelOptions holding(CausalLm model) {
    return Runner.options(config(), (_, _) -> model.kernels());
  }

  private ModelSpec write(RunFolder folder, CausalLm cut, MaskValues masks, RunLog log, long step)
      throws IOException {
    folder.clearResult();
    masks.write(folder.masks());
    ModelWriter.save(
        cut, folder.model(), whole.model(), Optional.empty(), CheckpointCut.SHARD_SIZE);
    log.write(new RunEvent.Cut(step, ModelSummary.of(cut.spec()), kept(masks)));
    return cut.spec();
  }

  private static Map<String, List<List<Integer>>> kept(MaskValues masks) {
    Map<String, List<List<Integer>>> kept = new LinkedHashMap<>();
    for (MaskModule module : masks.layout().modules()) {
      List<List<Integer>> rows = new ArrayList<>();
      for (int row = 0; row < masks.layout().rows(module); row++) {
        rows.add(Arrays.stream(masks.kept(module, row)).boxed().toList());
      }
      kept.put(module.toString(), rows);
    }
    return kept;
  }
}
