package io.github.drprune.run;

import io.github.drprune.config.RunConfig;
import io.github.drprune.config.TrainConfig;
import io.github.drprune.data.Manifest;
import io.github.drprune.data.PreparedData;
import io.github.drprune.model.CausalLm;
import io.github.drprune.model.CheckpointCheck;
import io.github.drprune.model.ModelLoader;
import io.github.drprune.model.ModelOptions;
import io.github.drprune.model.ModelShape;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.model.ModelWriter;
import io.github.drprune.prune.GroupPolicy;
import io.github.drprune.train.NoPruning;
import io.github.drprune.train.Objective;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/** Continued pretraining of a checkpoint, or training from scratch. */
public record TrainRun(TrainConfig whole) implements RunKind {
  @Override
  public String command() {
    return "train";
  }

  @Override
  public RunConfig config() {
    return whole.run();
  }

  @Override
  public ModelSpec source() throws IOException {
    return whole.model().isPresent()
        ? CheckpointCheck.of(whole.model().get())
        : whole.shape().orElseThrow().model(Manifest.read(config().data()).seqLen());
  }

  @Override
  public Optional<Path> model() {
    return whole.model();
  }

  @Override
  public Path tokenizer() {
    return whole.model().orElseGet(() -> whole.shape().orElseThrow().tokenizer());
  }

  @Override
  public Optional<ModelShape> target(ModelSpec source) {
    return Optional.empty();
  }

  @Override
  public GroupPolicy policy() {
    return GroupPolicy.KV_GROUP;
  }

  @Override
  public CausalLm load(ModelOptions options) throws IOException {
    return whole.model().isPresent()
        ? ModelLoader.loadChecked(whole.model().get(), options)
        : ModelLoader.random(source(), options, config().seed());
  }

  @Override
  public Objective objective(CausalLm model, PreparedData data, boolean fresh) {
    return new NoPruning();
  }

  @Override
  public Objective trial(CausalLm model) {
    return new NoPruning();
  }

  @Override
  public ModelSpec finish(
      RunFolder folder, CausalLm model, Objective objective, RunLog log, long step)
      throws IOException {
    folder.clearResult();
    ModelWriter.save(
        model, folder.model(), tokenizer(), Optional.empty(), CheckpointCut.SHARD_SIZE);
    return model.spec();
  }
}
