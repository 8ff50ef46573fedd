package io.github.drprune.cli;

import static io.github.drprune.cli.Console.count;

import io.github.drprune.error.UserException;
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
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code drprune cut}. */
@Command(
    name = "cut",
    description = "Cuts a model by masks: the result computes what the masked model does.",
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Example:",
      "  drprune cut models/llama --masks runs/half/masks.json --out models/llama-half"
    })
final class CutCommand implements Callable<Integer> {
  /** What {@code --json} holds. */
  private record Figures(ModelShape source, ModelShape result, long before, long after) {}

  @Parameters(paramLabel = "MODEL", description = "The folder of the checkpoint to cut.")
  private Path model;

  @Option(
      names = "--masks",
      required = true,
      paramLabel = "FILE",
      description = "The masks.json of a run, made for this model or one of its architecture.")
  private Path masks;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "FOLDER",
      description = "The checkpoint to write; must not exist.")
  private Path out;

  @Option(
      names = "--dtype",
      paramLabel = "TYPE",
      description = "Type of all weights: F32, BF16 or F16 (default: each weight's own).")
  private Dtype dtype;

  @Option(
      names = "--max-shard-size",
      paramLabel = "SIZE",
      defaultValue = "5GB",
      description = "Weights beyond it go into several files (default: ${DEFAULT-VALUE}).")
  private String maxShardSize;

  @Mixin private JsonOption json;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    ByteSize shardSize = ByteSize.parse(maxShardSize);
    if (dtype != null && !dtype.isWeight()) {
      throw new UserException("--dtype: weights are F32, BF16 or F16, not " + dtype);
    }
    if (Files.exists(out)) {
      throw new UserException(out + ": exists already; name a folder to make");
    }
    OutputPaths.requireFolder(out);
    ModelSpec config = CheckpointCheck.of(model);
    MaskValues values = MaskValues.read(masks);
    Cut.check(config, values);
    warn(config, values.layout().policy().cut(config, values.shape()));
    // Folding in float32 rounds each weight once, whatever type it is stored in.
    var options =
        new ModelOptions(LibTorch.device("cpu"), Precision.FP32, false, Kernels.REFERENCE);
    try (var source = ModelLoader.load(model, options);
        var cut = Cut.apply(source, values, options)) {
      ModelWriter.save(cut, out, model, Optional.ofNullable(dtype), shardSize);
      report(config, cut.spec());
    }
    return 0;
  }

  /** The masks are what they are: a result that not every reader takes is better than none. */
  private void warn(ModelSpec source, ModelSpec result) {
    for (Reader reader : Reader.values()) {
      for (String broken : result.brokenRules(source, reader)) {
        spec.commandLine().getErr().println("warning: " + broken);
      }
    }
    spec.commandLine().getErr().flush();
  }

  private void report(ModelSpec source, ModelSpec result) throws IOException {
    var figures =
        new Figures(source.shape(), result.shape(), source.parameters(), result.parameters());
    spec.commandLine()
        .getOut()
        .printf(
            "%s: %d layers, hidden %s, %d heads, intermediate %s; %s of %s parameters%n",
            out,
            result.layers(),
            count(result.hiddenSize()),
            result.heads(),
            count(result.intermediateSize()),
            count(figures.after()),
            count(figures.before()));
    spec.commandLine().getOut().flush();
    json.write(figures);
  }
}
