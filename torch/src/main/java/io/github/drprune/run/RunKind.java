package io.github.drprune.run;

import io.github.drprune.config.RunConfig;
import io.github.drprune.data.PreparedData;
import io.github.drprune.distributed.ProcessGroup;
import io.github.drprune.model.CausalLm;
import io.github.drprune.model.ModelOptions;
import io.github.drprune.model.ModelShape;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.model.ModelSummary;
import io.github.drprune.prune.GroupPolicy;
import io.github.drprune.train.Objective;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** What distinguishes one command's runs from another's: where they start and how they end. */
public sealed interface RunKind permits PruneRun, UnprunedRun {
  /** The command's name. */
  String command();

  /** All of the configuration. */
  Record whole();

  RunConfig config();

  /** The configuration of the model to start with, checked. */
  ModelSpec source() throws IOException;

  /** The checkpoint to start with; empty for a new model. */
  Optional<Path> model();

  /** The checkpoint whose distribution is learned as well; empty without distillation. */
  default Optional<Path> teacher() {
    return config()
        .distillation()
        .map(settings -> settings.isOfSource() ? model().orElseThrow() : settings.teacher());
  }

  /** The folder that tokenizer files come from. */
  Path tokenizer();

  /** The shape pruned towards, where one is named. */
  Optional<ModelShape> target(ModelSpec source);

  /** What the target's shape makes of {@code source}. */
  default Optional<ModelSummary> targetSummary(ModelSpec source) {
    return target(source).map(shape -> ModelSummary.of(policy().cut(source, shape)));
  }

  /** What goes when heads of grouped-query attention go. */
  GroupPolicy policy();

  CausalLm load(ModelOptions options) throws IOException;

  /** Whether it learns in steps; otherwise {@link #inOneShot} makes the result. */
  default boolean takesSteps() {
    return true;
  }

  /** Steps that it takes in all. */
  default int steps() {
    return takesSteps() ? config().steps() : 0;
  }

  /**
   * Makes the result without taking a step.
   *
   * @throws IllegalStateException for a run that takes steps
   */
  default ModelSpec inOneShot(RunFolder folder, CausalLm model, PreparedData data, RunLog log)
      throws IOException, InterruptedException {
    throw new IllegalStateException(command() + " takes steps");
  }

  /**
   * The most that {@link #inOneShot} holds of models and of what they compute, in bytes.
   *
   * @throws IllegalStateException for a run that takes steps
   */
  default long bytesInOneShot(ModelSpec source, ModelOptions options, int seqLen) {
    throw new IllegalStateException(command() + " takes steps");
  }

  /**
   * What the run learns.
   *
   * @param fresh whether it begins; otherwise a checkpoint's values replace the first ones
   * @param processes which all call this; the first values are those of the first process
   */
  Objective objective(CausalLm model, PreparedData data, boolean fresh, ProcessGroup processes)
      throws IOException, InterruptedException;

  /** What a run with a model of another number of layers would learn, to be timed. */
  Objective trial(CausalLm model);

  /** Writes the result of a finished run, which may replace one that a crash left. */
  ModelSpec finish(RunFolder folder, CausalLm model, Objective objective, RunLog log, long step)
      throws IOException;
}
