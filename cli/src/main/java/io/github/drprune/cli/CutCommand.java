package io.github.drprune.cli;

import static io.github.drprune.cli.Console.count;

import io.github.drprune.io.ByteSize;
import io.github.drprune.run.CheckpointCut;
import io.github.drprune.safetensors.Dtype;
import java.io.IOException;
import java.io.PrintWriter;
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
    description = "Cuts a model by masks: the smaller model computes what the masked one does.",
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Example:",
      "  drprune cut models/llama --masks runs/half/masks.json --out models/llama-half"
    })
final class CutCommand implements Callable<Integer> {
  @Parameters(paramLabel = "MODEL", description = "The folder of the checkpoint to cut.")
  private Path model;

  @Option(
      names = "--masks",
      required = true,
      paramLabel = "FILE",
      description =
          "The masks.json of a run with hidden_basis=source, made for this model or one of its"
              + " architecture.")
  private Path masks;

  @Mixin private NewCheckpointOption out;

  @Option(
      names = "--dtype",
      paramLabel = "TYPE",
      description = "Type of all weights: F32, BF16 or F16 (default: each weight's own).")
  private Dtype dtype;

  @Option(
      names = "--max-shard-size",
      paramLabel = "SIZE",
      defaultValue = "5GB",
      description =
          "Largest size of a weight file; what exceeds it goes into several (default:"
              + " ${DEFAULT-VALUE}).")
  private String maxShardSize;

  @Mixin private JsonOption json;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    var shardSize = ByteSize.parse(maxShardSize);
    var cut = new CheckpointCut(model, masks, out.folder(), Optional.ofNullable(dtype), shardSize);
    var console = spec.commandLine();
    var result = cut.write(Console.warnings(console.getErr()));
    print(cut, result, console.getOut());
    json.write(result);
    return 0;
  }

  static void print(CheckpointCut cut, CheckpointCut.Result result, PrintWriter out) {
    out.printf(
        "%s: %d layers, hidden %s, %d heads, intermediate %s; %s of %s parameters%n",
        cut.output(),
        result.result().layers(),
        count(result.result().hiddenSize()),
        result.result().heads(),
        count(result.result().intermediateSize()),
        count(result.after()),
        count(result.before()));
    out.flush();
  }
}
