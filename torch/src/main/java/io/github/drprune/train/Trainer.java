package io.github.drprune.train;

import io.github.drprune.checkpoint.Checkpoint;
import io.github.drprune.checkpoint.CheckpointStore;
import io.github.drprune.config.RunConfig;
import io.github.drprune.data.Batch;
import io.github.drprune.data.BatchLoader;
import io.github.drprune.data.PreparedData;
import io.github.drprune.data.SamplerState;
import io.github.drprune.data.Split;
import io.github.drprune.data.TokenSequences;
import io.github.drprune.evaluate.EvaluationResult;
import io.github.drprune.evaluate.Evaluator;
import io.github.drprune.evaluate.HeldOut;
import io.github.drprune.evaluate.HeldOut.Rows;
import io.github.drprune.event.RunEvent;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.model.CausalLm;
import io.github.drprune.nn.Weight;
import io.github.drprune.optim.AdamW;
import io.github.drprune.optim.AdamWKernel;
import io.github.drprune.optim.ParameterGroup;
import io.github.drprune.train.Objective.Sparsity;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import org.bytedeco.pytorch.Tensor;

/**
 * Takes a model through a run's steps, with evaluations, new domain weights and checkpoints at
 * their intervals. A run resumed from a checkpoint takes the same steps to the bit.
 */
final class Trainer implements AutoCloseable {
  /** Batches without a finite loss in a row that end a run. */
  private static final int MOST_NOT_FINITE = 3;

  private final RunConfig config;
  private final CausalLm model;
  private final Objective objective;
  private final CheckpointStore checkpoints;
  private final RunLog log;
  private final StopSignal stop;
  private final List<String> domains;
  private final List<TokenSequences> training;
  private final AdamW optimizer;
  private final TrainingStep trainingStep;
  private final DomainMix mix;
  private final Evaluator evaluator;
  private final long began = System.nanoTime();
  private BatchLoader batches;
  private long step;
  private long savedStep = -1;
  private double secondsBefore;

  Trainer(
      RunConfig config,
      CausalLm model,
      Objective objective,
      PreparedData data,
      CheckpointStore checkpoints,
      RunLog log,
      StopSignal stop) {
    this.config = config;
    this.model = model;
    this.objective = objective;
    this.checkpoints = checkpoints;
    this.log = log;
    this.stop = stop;
    this.domains = data.domains();
    this.training = data.all(Split.TRAIN);
    this.optimizer = optimizer(config, model, objective);
    this.trainingStep = new TrainingStep(config, model, objective, optimizer, domains);
    this.mix = new DomainMix(config.domains(), data, config.steps(), config.seed());
    this.evaluator = evaluator(config, data);
    this.batches = batches(SamplerState.start(config.seed(), domains.size()));
  }

  /** Over all that a run learns. */
  static AdamW optimizer(RunConfig config, CausalLm model, Objective objective) {
    var settings = config.optimizer();
    List<ParameterGroup> groups = new ArrayList<>();
    groups.add(
        new ParameterGroup(
            "weights", weights(model), settings.learningRate(), settings.weightDecay(), false));
    groups.addAll(objective.groups());
    return new AdamW(
        groups,
        new AdamW.Hyper(settings.beta1(), settings.beta2(), settings.epsilon()),
        AdamWKernel.FUSED);
  }

  /** The weights by name. */
  static SequencedMap<String, Tensor> weights(CausalLm model) {
    SequencedMap<String, Tensor> tensors = new LinkedHashMap<>();
    for (Weight weight : model.weights().values()) {
      tensors.put(weight.name(), weight.tensor());
    }
    return tensors;
  }

  /** Over the held-out text that runs follow. */
  static Evaluator evaluator(RunConfig config, PreparedData data) {
    SequencedMap<String, Rows> rows = new LinkedHashMap<>();
    HeldOut.VALIDATION
        .of(data)
        .forEach((domain, all) -> rows.put(domain, all.limited(config.evaluationSequences())));
    return new Evaluator(rows, config.microBatch(), Evaluator.NO_BYTES);
  }

  private BatchLoader batches(SamplerState state) {
    return new BatchLoader(training, state, new BatchLoader.Share(config.globalBatch(), 0, 1));
  }

  /** Continues where {@code checkpoint} was written. */
  void restore(Checkpoint checkpoint, RunState state) throws IOException {
    for (var file : tensors().entrySet()) {
      checkpoint.restore(file.getKey(), file.getValue());
    }
    step = state.step();
    savedStep = step;
    secondsBefore = state.seconds();
    optimizer.restoreSteps(step);
    objective.restoreRandom(state.random());
    mix.restore(state.weighting());
    batches.close();
    batches = batches(state.sampler());
  }

  /** Runs to the last step, or to where it was asked to stop; then the checkpoint is written. */
  void run() throws IOException, InterruptedException {
    if (step == 0) {
      log.write(evaluation(evaluate()));
    }
    while (step < config.steps() && !stop.isRequested()) {
      log.write(step(step + 1));
      step++;
      Optional<String> warning = objective.warning(step);
      if (warning.isPresent()) {
        log.write(new RunEvent.Warning(step, warning.get()));
      }
      if (step % config.evaluationInterval() == 0 || step == config.steps()) {
        reweight(evaluate());
      }
      if (step % config.checkpointInterval() == 0 || step == config.steps()) {
        save();
      }
    }
    if (savedStep != step) {
      save();
    }
  }

  /** Takes one step, on a later batch where the loss of the first is not finite. */
  private RunEvent.Train step(long next) throws IOException, InterruptedException {
    for (int attempt = 1; attempt <= MOST_NOT_FINITE; attempt++) {
      long start = System.nanoTime();
      Batch batch = batches.next(mix.weights());
      var result = trainingStep.run(next, batch);
      if (result.applied()) {
        mix.observeTraining(result.losses().means());
        double seconds = (System.nanoTime() - start) / 1e9;
        return event(next, result, seconds);
      }
      log.write(new RunEvent.Warning(next, notFinite(result, batch)));
    }
    throw new DivergedException(
        "step %d: no finite loss in %d batches in a row; the last good checkpoint is of step %s (lower learning_rate, or look at the data that the warnings name)"
            .formatted(next, MOST_NOT_FINITE, savedStep < 0 ? "none" : savedStep));
  }

  private RunEvent.Train event(long next, TrainingStep.Result result, double seconds) {
    Optional<Sparsity> sparsity = objective.sparsity(next);
    return new RunEvent.Train(
        next,
        result.losses().mean(),
        result.losses().byDomain(),
        tokens(),
        tokensPerStep() / seconds,
        result.learningRate(),
        result.gradientNorm(),
        sparsity.map(Sparsity::expected).orElse(null),
        sparsity.map(Sparsity::target).orElse(null));
  }

  private String notFinite(TrainingStep.Result result, Batch batch) {
    Map<String, Integer> counts = new LinkedHashMap<>();
    for (int domain : batch.domains()) {
      counts.merge(domains.get(domain), 1, Integer::sum);
    }
    boolean inGradient = Double.isFinite(result.losses().mean());
    return "the %s is not finite; the weights are untouched and the batch is left out: sequences %d to %d, domains %s"
        .formatted(
            inGradient ? "gradient's norm" : "loss",
            batch.sequences()[0],
            batch.sequences()[batch.rows() - 1],
            counts);
  }

  private EvaluationResult evaluate() {
    try (var _ = NativeScope.open()) {
      return evaluator.evaluate(model, objective.evaluationMasks(step));
    }
  }

  private RunEvent.Evaluation evaluation(EvaluationResult result) {
    Map<String, Double> epochs = new LinkedHashMap<>();
    double[] begun = batches.epochs();
    for (int i = 0; i < begun.length; i++) {
      epochs.put(domains.get(i), begun[i]);
    }
    return new RunEvent.Evaluation(
        step, tokens(), result.events(), result.meanLoss(), result.worstDomain(), epochs);
  }

  private void reweight(EvaluationResult result) throws IOException {
    log.write(evaluation(result));
    var outcome = mix.update(step, batches.state(), result, objective.sparsity(step));
    log.write(outcome.event());
    for (RunEvent warning : outcome.warnings()) {
      log.write(warning);
    }
    for (RunEvent event : objective.events(step)) {
      log.write(event);
    }
  }

  private void save() throws IOException {
    var state =
        new RunState(
            step, log.force(), seconds(), batches.state(), mix.state(), objective.random());
    checkpoints.save(step, tensors(), state);
    savedStep = step;
  }

  private SequencedMap<String, SequencedMap<String, Tensor>> tensors() {
    SequencedMap<String, SequencedMap<String, Tensor>> files = new LinkedHashMap<>();
    files.put("weights", weights(model));
    files.put("optimizer", optimizer.state());
    if (!objective.tensors().isEmpty()) {
      files.put("masks", objective.tensors());
    }
    return files;
  }

  /** Optimizer steps done. */
  long step() {
    return step;
  }

  boolean isFinished() {
    return step == config.steps();
  }

  /** Training tokens used up to the steps done. */
  long tokens() {
    return batches.state().sequence() * training.getFirst().seqLen();
  }

  private long tokensPerStep() {
    return (long) config.globalBatch() * training.getFirst().seqLen();
  }

  /** Wall-clock time of the run in all its processes. */
  double seconds() {
    return secondsBefore + (System.nanoTime() - began) / 1e9;
  }

  @Override
  public void close() {
    batches.close();
    optimizer.close();
  }
}
