package io.github.drprune.train;

import io.github.drprune.checkpoint.Checkpoint;
import io.github.drprune.checkpoint.CheckpointStore;
import io.github.drprune.config.DomainsConfig;
import io.github.drprune.config.DomainsConfig.Strategy;
import io.github.drprune.config.RunConfig;
import io.github.drprune.data.Batch;
import io.github.drprune.data.BatchLoader;
import io.github.drprune.data.PreparedData;
import io.github.drprune.data.SamplerState;
import io.github.drprune.data.Split;
import io.github.drprune.data.TokenSequences;
import io.github.drprune.distributed.ProcessGroup;
import io.github.drprune.evaluate.EvaluationResult;
import io.github.drprune.evaluate.EvaluationText;
import io.github.drprune.evaluate.EvaluationText.Rows;
import io.github.drprune.evaluate.Evaluator;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.model.CausalLm;
import io.github.drprune.nn.ModelMasks;
import io.github.drprune.run.RunEvent;
import io.github.drprune.run.RunLog;
import io.github.drprune.run.RunOrigin;
import io.github.drprune.train.Objective.Sparsity;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * Takes a model through a run's steps, with evaluations, new domain weights and checkpoints at
 * their intervals. A run resumed from a checkpoint takes the same steps to the bit. Several
 * processes do so together: all of them go the same way, and the first one writes.
 */
public final class Trainer implements AutoCloseable {
  /** Batches without a finite loss in a row that end a run. */
  private static final int MOST_NOT_FINITE = 3;

  /** Times the loss of a guess, or of the run's beginning, that no sound weights reach. */
  private static final double EXPLODED = 4;

  private final RunConfig config;
  private final CausalLm model;
  private final Objective objective;
  private final CheckpointStore checkpoints;
  private final StopSignal stop;
  private final ProcessGroup processes;
  private final List<String> domains;
  private final List<TokenSequences> training;
  private final Learning learning;
  private final TrainingStep trainingStep;
  private final DomainMix mix;
  private final Evaluator evaluator;
  private final long began = System.nanoTime();
  private final RunOrigin origin;
  private final double guessLoss;
  private RunLog log;
  private BatchLoader batches;
  private RunState unproven;
  private double soundLoss;
  private long step;
  private long savedStep = -1;
  private double secondsBefore;

  public Trainer(
      RunConfig config,
      CausalLm model,
      Optional<Teacher> teacher,
      Objective objective,
      PreparedData data,
      CheckpointStore checkpoints,
      RunOrigin origin,
      StopSignal stop,
      ProcessGroup processes) {
    this.config = config;
    this.model = model;
    this.objective = objective;
    this.checkpoints = checkpoints;
    this.origin = origin;
    this.stop = stop;
    this.processes = processes;
    this.domains = data.domains();
    this.training = data.all(Split.TRAIN);
    this.learning = new Learning(config, model, objective, processes);
    this.trainingStep =
        new TrainingStep(
            config, model, teacher, objective, learning.optimizer(), domains, processes);
    this.evaluator = evaluator(config, data, processes);
    DomainsConfig weighting = teacher.map(this::withReferences).orElse(config.domains());
    this.mix = new DomainMix(weighting, data, config.steps(), config.seed());
    this.batches = batches(SamplerState.start(config.seed(), domains.size()));
    this.guessLoss = Math.log(model.spec().vocabularySize());
    this.soundLoss = EXPLODED * guessLoss;
  }

  /**
   * The weighting's settings. Where none are given, the reference losses are the teacher's, and
   * stay: what the run learns from is what it can reach.
   */
  private DomainsConfig withReferences(Teacher teacher) {
    DomainsConfig given = config.domains();
    if (!given.referenceLoss().isEmpty() || given.strategy() == Strategy.CONSTANT) {
      return given;
    }
    Map<String, Double> references = new LinkedHashMap<>();
    evaluator
        .evaluate(teacher.model(), ModelMasks.NONE)
        .domains()
        .forEach((domain, loss) -> references.put(domain, loss.loss()));
    return given.withReferencesToKeep(references);
  }

  /** Over the held-out text that runs follow, by one process. */
  public static Evaluator evaluator(RunConfig config, PreparedData data) {
    return evaluator(config, data, ProcessGroup.SINGLE);
  }

  private static Evaluator evaluator(RunConfig config, PreparedData data, ProcessGroup processes) {
    SequencedMap<String, Rows> rows = new LinkedHashMap<>();
    EvaluationText.WATCHED_BY_RUNS
        .of(data)
        .forEach((domain, all) -> rows.put(domain, all.limited(config.evaluationSequences())));
    return new Evaluator(rows, config.microBatch(), Evaluator.NO_BYTES, processes);
  }

  private BatchLoader batches(SamplerState state) {
    return new BatchLoader(
        training,
        state,
        new BatchLoader.Share(config.globalBatch(), processes.rank(), processes.size()));
  }

  /** Continues where {@code checkpoint} was written. */
  public void restore(Checkpoint checkpoint, RunState state) throws IOException {
    for (var file : learning.tensors().entrySet()) {
      checkpoint.restore(file.getKey(), file.getValue());
    }
    step = state.step();
    savedStep = step;
    secondsBefore = state.seconds();
    learning.optimizer().restoreSteps(step);
    objective.restore(state.objective());
    soundLoss = state.soundLoss();
    mix.restore(state.weighting());
    rewind(state.sampler());
  }

  private void rewind(SamplerState state) {
    batches.close();
    batches = batches(state);
  }

  /**
   * Runs to the last step, or to where it was asked to stop; then the checkpoint is written. A
   * checkpoint is written once a loss computed with its weights shows that they are sound: that of
   * the step after it, or of the evaluation after the last step.
   */
  public void run(RunLog events) throws IOException, InterruptedException {
    log = events;
    if (step == 0) {
      EvaluationResult first = evaluate();
      log.write(evaluation(first));
      soundLoss = EXPLODED * Math.max(guessLoss, first.meanLoss());
    }
    stop.heed();
    while (step < config.steps()) {
      boolean stopping = processes.any(stop.isRequested());
      if (stopping && savedStep == step) {
        return;
      }
      if (stopping && unproven == null) {
        unproven = state();
      }
      SamplerState before = batches.state();
      Timed computed = gradient(step + 1);
      long saving = System.nanoTime();
      saveIfSound(computed.gradient().losses().mean());
      Timed timed = computed.without(System.nanoTime() - saving);
      if (stopping) {
        rewind(before);
        return;
      }
      log.write(step(step + 1, timed));
      step++;
      afterStep();
    }
  }

  private void afterStep() throws IOException {
    Optional<String> warning = objective.warning(step);
    if (warning.isPresent()) {
      log.write(new RunEvent.Warning(step, warning.get()));
    }
    boolean last = step == config.steps();
    double heldOut = Double.NaN;
    if (step % config.evaluationInterval() == 0 || last) {
      EvaluationResult result = evaluate();
      heldOut = result.meanLoss();
      if (!Double.isFinite(heldOut)) {
        throw diverged(heldOut);
      }
      reweight(result);
    }
    if (step % config.checkpointInterval() == 0 || last) {
      unproven = state();
    }
    if (last && !saveIfSound(heldOut)) {
      throw diverged(heldOut);
    }
  }

  private DivergedException diverged(double heldOut) {
    return new DivergedException(
        "step %d: the loss on held-out text is %.3g, no model is written; %s"
            .formatted(step, heldOut, advice()));
  }

  /** A gradient to step along, and how long it took. */
  private record Timed(TrainingStep.Gradient gradient, long start) {
    /** Where so many nanoseconds since went into something else. */
    Timed without(long nanos) {
      return new Timed(gradient, start + nanos);
    }
  }

  /** The gradient of a step, on a later batch where the loss of the first is not finite. */
  private Timed gradient(long next) throws IOException, InterruptedException {
    for (int attempt = 1; attempt <= MOST_NOT_FINITE; attempt++) {
      long start = System.nanoTime();
      Batch batch = batches.next(mix.weights());
      var gradient = trainingStep.gradient(next, batch);
      if (gradient.isFinite()) {
        return new Timed(gradient, start);
      }
      log.write(new RunEvent.Warning(next, notFinite(gradient, batch)));
    }
    throw new DivergedException(
        "step %d: no finite loss in %d batches in a row; %s"
            .formatted(next, MOST_NOT_FINITE, advice()));
  }

  private String advice() {
    String repeat =
        "repeat the command with a lower learning_rate (in a pipeline that of the stage, as"
            + " train.learning_rate)%s, or look at the data that the warnings name";
    return savedStep < 0
        ? repeat.formatted("")
        : "the last good checkpoint is of step %d (%s)"
            .formatted(savedStep, repeat.formatted(" to go on from there"));
  }

  private RunEvent.Train step(long next, Timed timed) {
    mix.observeTraining(timed.gradient().losses().means());
    double rate = trainingStep.apply(next);
    double seconds = (System.nanoTime() - timed.start()) / 1e9;
    return event(next, timed.gradient(), rate, seconds);
  }

  private RunEvent.Train event(
      long next, TrainingStep.Gradient gradient, double learningRate, double seconds) {
    Optional<Sparsity> sparsity = objective.sparsity(next);
    return new RunEvent.Train(
        next,
        gradient.losses().mean(),
        gradient.losses().byDomain(),
        tokens(),
        tokensPerStep() / seconds,
        learningRate,
        gradient.norm(),
        sparsity.map(Sparsity::expected).orElse(null),
        sparsity.map(Sparsity::target).orElse(null),
        config.distillation().isPresent() ? gradient.losses().meanDivergence() : null,
        processes.size());
  }

  private String notFinite(TrainingStep.Gradient gradient, Batch batch) {
    Map<String, Integer> counts = new LinkedHashMap<>();
    for (int i = 0; i < domains.size(); i++) {
      if (batch.globalDomainCounts()[i] > 0) {
        counts.put(domains.get(i), batch.globalDomainCounts()[i]);
      }
    }
    long end = batches.state().sequence();
    boolean inGradient = Double.isFinite(gradient.losses().mean());
    return "the %s is not finite; the weights are untouched and the batch is left out: sequences %d to %d, domains %s"
        .formatted(
            inGradient ? "gradient's norm" : "loss", end - config.globalBatch(), end - 1, counts);
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

  /** What a checkpoint of the step done is to hold beside tensors. */
  private RunState state() throws IOException {
    return new RunState(
        step,
        log.force(),
        seconds(),
        batches.state(),
        mix.state(),
        objective.memory(),
        soundLoss,
        origin);
  }

  /**
   * Writes the checkpoint that is due, unless the weights have exploded.
   *
   * @param loss computed with the weights as they are now
   */
  private boolean saveIfSound(double loss) throws IOException {
    if (unproven == null) {
      return true;
    }
    boolean sound = loss <= soundLoss; // NaN is not
    if (sound) {
      checkpoints.save(step, learning.tensors(), unproven, log.file(), unproven.eventBytes());
      savedStep = step;
    } else {
      log.write(
          new RunEvent.Warning(
              step,
              "the loss is %.3g, far above a guess's %.3g: no checkpoint is written of these weights"
                  .formatted(loss, guessLoss)));
    }
    unproven = null;
    return sound;
  }

  /** Makes the first process hold the whole model; no step may follow. */
  public void assemble() {
    learning.assemble();
  }

  /** Optimizer steps done. */
  public long step() {
    return step;
  }

  public boolean isFinished() {
    return step == config.steps();
  }

  /** Training tokens used up to the steps done. */
  public long tokens() {
    return batches.state().sequence() * training.getFirst().seqLen();
  }

  private long tokensPerStep() {
    return (long) config.globalBatch() * training.getFirst().seqLen();
  }

  /** Wall-clock time of the run in all its processes. */
  public double seconds() {
    return secondsBefore + (System.nanoTime() - began) / 1e9;
  }

  @Override
  public void close() {
    batches.close();
    learning.close();
  }
}
