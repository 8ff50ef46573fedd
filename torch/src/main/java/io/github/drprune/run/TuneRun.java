package io.github.drprune.run;

import io.github.drprune.config.RunConfig;
import io.github.drprune.config.TuneConfig;
import io.github.drprune.conversation.ChatTemplate;
import io.github.drprune.data.Manifest;
import io.github.drprune.data.Split;
import io.github.drprune.error.UserException;
import io.github.drprune.model.CausalLm;
import io.github.drprune.model.CheckpointCheck;
import io.github.drprune.model.ModelLoader;
import io.github.drprune.model.ModelOptions;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.train.Objective;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Training of a checkpoint on conversations, of whose tokens the assistant's count. The result has
 * the template that the conversations were prepared with.
 */
public record TuneRun(TuneConfig whole) implements UnprunedRun {
  /** A run of as many steps as the epochs of {@code config} take. */
  public static TuneRun of(TuneConfig config) {
    Manifest manifest = conversations(config.run());
    long sequences =
        manifest.domains().stream()
            .mapToLong(
                domain ->
                    domain.splits().containsKey(Split.TRAIN)
                        ? domain.splits().get(Split.TRAIN).sequences()
                        : 0)
            .sum();
    return new TuneRun(config.over(sequences));
  }

  private static Manifest conversations(RunConfig config) {
    Manifest manifest = Manifest.read(config.data());
    if (!manifest.ofConversations()) {
      throw UserException.at(
          "data",
          "%s holds text, of which every token counts".formatted(config.data()),
          "prepare conversations with 'prepare --conversations'");
    }
    if (manifest.lacksTemplate(config.data())) {
      throw UserException.at(
          "data",
          "%s has lost its %s".formatted(config.data(), ChatTemplate.FILE),
          "prepare it again");
    }
    return manifest;
  }

  @Override
  public String command() {
    return "tune";
  }

  @Override
  public RunConfig config() {
    return whole.run();
  }

  @Override
  public ModelSpec source() throws IOException {
    conversations(config());
    return CheckpointCheck.of(whole.model());
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
  public CausalLm load(ModelOptions options) throws IOException {
    return ModelLoader.loadChecked(whole.model(), options);
  }

  @Override
  public ModelSpec finish(
      RunFolder folder, CausalLm model, Objective objective, RunLog log, long step)
      throws IOException {
    ModelSpec result = UnprunedRun.super.finish(folder, model, objective, log, step);
    Path template = config().data().resolve(ChatTemplate.FILE);
    if (Files.exists(template)) {
      ChatTemplate.write(folder.model(), Files.readString(template));
    }
    return result;
  }
}
