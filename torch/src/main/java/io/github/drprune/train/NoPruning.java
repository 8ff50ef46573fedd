package io.github.drprune.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.NullNode;
import io.github.drprune.distributed.ProcessGroup;
import io.github.drprune.nn.ModelMasks;
import io.github.drprune.optim.ParameterGroup;
import io.github.drprune.run.RunEvent;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import org.bytedeco.pytorch.Tensor;

/** Plain training: the language-model loss alone, nothing random in a step, no masks. */
public record NoPruning() implements Objective {
  private static final StepMasks NONE =
      new StepMasks() {
        @Override
        public ModelMasks masks() {
          return ModelMasks.NONE;
        }

        @Override
        public void backward(ProcessGroup processes) {}
      };

  @Override
  public List<ParameterGroup> groups() {
    return List.of();
  }

  @Override
  public SequencedMap<String, Tensor> tensors() {
    return Collections.unmodifiableSequencedMap(new LinkedHashMap<>());
  }

  @Override
  public StepMasks draw(long step) {
    return NONE;
  }

  @Override
  public void afterStep(long step) {}

  @Override
  public Optional<String> warning(long step) {
    return Optional.empty();
  }

  @Override
  public ModelMasks evaluationMasks(long step) {
    return ModelMasks.NONE;
  }

  @Override
  public Optional<Sparsity> sparsity(long step) {
    return Optional.empty();
  }

  @Override
  public List<RunEvent> events(long step) {
    return List.of();
  }

  @Override
  public JsonNode memory() {
    return NullNode.getInstance();
  }

  @Override
  public void restore(JsonNode memory) {}

  @Override
  public void close() {}
}
