package io.github.drprune.train;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.drprune.distributed.ProcessGroup;
import io.github.drprune.nn.ModelMasks;
import io.github.drprune.optim.ParameterGroup;
import io.github.drprune.run.RunEvent;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import org.bytedeco.pytorch.Tensor;

/** What a run minimises beside the language-model loss, and the masks that it runs under. */
public interface Objective extends AutoCloseable {
  /**
   * Where pruning stands.
   *
   * @param expected sparsity over all prunable parameters, now
   * @param target of it, now
   * @param finalTarget of it, at the end of the run
   */
  record Sparsity(double expected, double target, double finalTarget) {}

  /** The masks of one step; lives in the scope it was drawn in. */
  interface StepMasks {
    ModelMasks masks();

    /**
     * Completes the step's backward pass after those of all micro-batches of {@code processes},
     * each of which drew the same masks.
     */
    void backward(ProcessGroup processes);
  }

  /** What is learned beside the model's weights. */
  List<ParameterGroup> groups();

  /** Tensors to keep in a checkpoint beside the model's weights, by name. */
  SequencedMap<String, Tensor> tensors();

  StepMasks draw(long step);

  /** Puts what was learned back into its bounds after the optimizer's {@code step}. */
  void afterStep(long step);

  /** Something the user should know after {@code step}, to be asked after every step. */
  Optional<String> warning(long step);

  /** The masks to evaluate under after {@code step}; they live in the caller's scope. */
  ModelMasks evaluationMasks(long step);

  /** Empty where nothing is pruned. */
  Optional<Sparsity> sparsity(long step);

  /** What an evaluation adds to the log. */
  List<RunEvent> events(long step);

  /** What a checkpoint keeps of it beside tensors. */
  JsonNode memory();

  /** Takes back what {@link #memory} gave. */
  void restore(JsonNode memory);

  @Override
  void close();
}
