package io.github.drprune.run;

import io.github.drprune.error.UserException;
import io.github.drprune.export.ExportCheck;
import io.github.drprune.io.ByteSize;
import io.github.drprune.io.OutputPaths;
import io.github.drprune.libtorch.LibTorch;
import io.github.drprune.libtorch.Precision;
import io.github.drprune.model.CheckpointCheck;
import io.github.drprune.model.ModelLoader;
import io.github.drprune.model.ModelOptions;
import io.github.drprune.model.ModelShape;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.model.ModelWriter;
import io.github.drprune.model.SizeRule.Reader;
import io.github.drprune.nn.Kernels;
import io.github.drprune.prune.Cut;
import io.github.drprune.prune.MaskValues;
import io.github.drprune.safetensors.Dtype;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A cut of a checkpoint by masks from a file.
 *
 * @param model folder of the checkpoint
 * @param masks made for this model or one of its architecture
 * @param output the checkpoint to write; must not exist
 * @param dtype of all weights; empty leaves each weight its own
 * @param shardSize weights beyond it go into several files
 */
public record CheckpointCut(
    Path model, Path masks, Path output, Optional<Dtype> dtype, ByteSize shardSize) {
  /** As large as the files that others publish. */
  public static final ByteSize SHARD_SIZE = ByteSize.parse("5GB");

  /**
   * What was cut.
   *
   * @param before parameters of the source
   * @param after parameters of the result
   */
  public record Result(ModelShape source, ModelShape result, long before, long after) {}

  public CheckpointCut {
    dtype
        .filter(type -> !type.isWeight())
        .ifPresent(
            type -> {
              throw UserException.at("dtype", "weights are F32, BF16 or F16, not " + type);
            });
  }

  /** A cut that leaves each weight its type. */
  public CheckpointCut(Path model, Path masks, Path output) {
    this(model, masks, output, Optional.empty(), SHARD_SIZE);
  }

  /**
   * Writes the smaller checkpoint.
   *
   * @param warnings is told of programs that will not read the result: the masks are what they are,
   *     and a result that not every reader takes is better than none
   */
  public Result write(Consumer<String> warnings) throws IOException {
    if (Files.exists(output)) {
      throw new UserException(output + ": exists already; name a folder to make");
    }
    OutputPaths.requireFolder(output);
    ModelSpec source = CheckpointCheck.of(model);
    MaskValues values = MaskValues.read(masks);
    values.layout().requireUnitsOfTheCheckpoint();
    ModelSpec target = Cut.target(source, values);
    target.brokenRules(source, Reader.TRANSFORMERS).forEach(warnings);
    new ExportCheck(source).obstacle(target).ifPresent(warnings);
    // Folding in float32 rounds each weight once, whatever type it is stored in.
    var options =
        new ModelOptions(LibTorch.device("cpu"), Precision.FP32, false, Kernels.REFERENCE);
    try (var loaded = ModelLoader.loadChecked(model, options);
        var cut = Cut.apply(loaded, values, options)) {
      ModelWriter.save(cut, output, model, dtype, shardSize);
      ModelSpec result = cut.spec();
      return new Result(source.shape(), result.shape(), source.parameters(), result.parameters());
    }
  }
}
