package io.github.drprune.run;

import io.github.drprune.data.PreparedData;
import io.github.drprune.distributed.ProcessGroup;
import io.github.drprune.model.CausalLm;
import io.github.drprune.model.ModelShape;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.model.ModelWriter;
import io.github.drprune.prune.GroupPolicy;
import io.github.drprune.train.NoPruning;
import io.github.drprune.train.Objective;
import java.io.IOException;
import java.util.Optional;

/** A run whose model keeps its shape. */
sealed interface UnprunedRun extends RunKind permits TrainRun, TuneRun {
  @Override
  default Optional<ModelShape> target(ModelSpec source) {
    return Optional.empty();
  }

  @Override
  default GroupPolicy policy() {
    return GroupPolicy.KV_GROUP;
  }

  @Override
  default Objective objective(
      CausalLm model, PreparedData data, boolean fresh, ProcessGroup processes) {
    return new NoPruning();
  }

  @Override
  default Objective trial(CausalLm model) {
    return new NoPruning();
  }

  @Override
  default ModelSpec finish(
      RunFolder folder, CausalLm model, Objective objective, RunLog log, long step)
      throws IOException {
    folder.clearResult();
    ModelWriter.save(
        model, folder.model(), tokenizer(), Optional.empty(), CheckpointCut.SHARD_SIZE);
    return model.spec();
  }
}
