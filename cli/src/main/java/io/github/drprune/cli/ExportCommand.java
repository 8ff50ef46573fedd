package io.github.drprune.cli;

import static io.github.drprune.cli.Console.bytes;
import static io.github.drprune.cli.Console.count;

import io.github.drprune.export.GgufExport;
import io.github.drprune.gguf.TensorType;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code drprune export}. */
@Command(
    name = "export",
    description = "Writes a checkpoint as a file for llama.cpp and what is built on it.",
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Example:",
      "  drprune export models/llama-half --type q8_0 --out llama-half.gguf"
    })
final class ExportCommand implements Callable<Integer> {
  /** The formats that there are. */
  enum Format {
    GGUF
  }

  /** The types that can be written. */
  enum Type {
    F32,
    F16,
    BF16,
    Q8_0
  }

  @Parameters(paramLabel = "MODEL", description = "The folder of the checkpoint to export.")
  private Path model;

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      defaultValue = "gguf",
      description = "gguf, llama.cpp's format (default: ${DEFAULT-VALUE}).")
  private Format format;

  @Option(
      names = "--type",
      paramLabel = "TYPE",
      defaultValue = "bf16",
      description =
          "Type of matrices: f32, f16, bf16 or q8_0; vectors stay f32 (default: ${DEFAULT-VALUE}).")
  private Type type;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "FILE",
      description = "The file to write; a GGUF file that is there is replaced.")
  private Path out;

  @Mixin private JsonOption json;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    var console = spec.commandLine();
    var result =
        switch (format) {
          case GGUF ->
              new GgufExport(model, out, TensorType.valueOf(type.name()))
                  .write(Console.warnings(console.getErr()));
        };
    console
        .getOut()
        .printf(
            "%s: %s, %s parameters in %s tensors, for texts of up to %s tokens; %s%n",
            out,
            result.architecture(),
            count(result.parameters()),
            count(result.tensors()),
            count(result.contextLength()),
            bytes(result.bytes()));
    console.getOut().flush();
    json.write(result);
    return 0;
  }
}
