package io.github.drprune.cli;

import io.github.drprune.generate.Generation;
import io.github.drprune.generate.Sampling;
import io.github.drprune.generate.TextContinuation;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code drprune generate}. */
@Command(
    name = "generate",
    description = "Continues a text with a model and prints it as it is generated.",
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Example:",
      "  drprune generate runs/small/model --prompt 'The capital of France' --max-tokens 40"
    })
final class GenerateCommand implements Callable<Integer> {
  @Parameters(paramLabel = "MODEL", description = "The folder of a Hugging Face checkpoint.")
  private Path folder;

  @Option(
      names = "--prompt",
      paramLabel = "TEXT",
      required = true,
      description = "The text to continue.")
  private String prompt;

  @Option(
      names = "--max-tokens",
      paramLabel = "N",
      defaultValue = "128",
      description = "The most tokens to add (default: ${DEFAULT-VALUE}).")
  private int maxTokens;

  @Option(
      names = "--temperature",
      paramLabel = "X",
      defaultValue = "0",
      description =
          "0 takes the likeliest token; the higher, the freer the choice (default:"
              + " ${DEFAULT-VALUE}).")
  private double temperature;

  @Option(
      names = "--top-p",
      paramLabel = "X",
      defaultValue = "1",
      description =
          "Chooses among the likeliest tokens whose probabilities reach X together (default: all).")
  private double topP;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "17",
      description = "The same seed gives the same text (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Mixin private ModelOptionsMixin options;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    var how = new Generation(maxTokens, new Sampling(temperature, topP), seed);
    PrintWriter out = spec.commandLine().getOut();
    try (var continuation = TextContinuation.load(folder, options.inference())) {
      continuation.stream(
          prompt,
          how,
          text -> {
            out.print(text);
            out.flush();
          });
    }
    out.println();
    out.flush();
    return 0;
  }
}
