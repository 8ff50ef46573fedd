package io.github.drprune.cli;

import io.github.drprune.error.UserException;
import io.github.drprune.generate.EndTokens;
import io.github.drprune.generate.Sampling;
import io.github.drprune.generate.TextGenerator;
import io.github.drprune.model.CheckpointSummary;
import io.github.drprune.model.ModelLoader;
import io.github.drprune.tokenizer.StreamDecoder;
import io.github.drprune.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code drprune generate}. */
@Command(
    name = "generate",
    description = "Continues a text with a model, printing it as it comes.",
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
      description = "0 takes the likeliest token; 1 samples (default: ${DEFAULT-VALUE}).")
  private double temperature;

  @Option(
      names = "--top-p",
      paramLabel = "X",
      defaultValue = "1",
      description = "Samples among the likeliest tokens of this total (default: all).")
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
    if (maxTokens < 1) {
      throw new UserException("--max-tokens: must be at least 1, not " + maxTokens);
    }
    var sampling = new Sampling(temperature, topP);
    try (var tokenizer = Tokenizer.load(folder);
        var model = ModelLoader.load(folder, options.inference())) {
      CheckpointSummary.requireFitting(tokenizer, model.spec());
      var end = EndTokens.of(folder, model.spec(), tokenizer.specialTokens());
      var generator = new TextGenerator(model, sampling, end, new SplittableRandom(seed));
      stream(generator, tokenizer, spec.commandLine().getOut());
    }
    return 0;
  }

  private void stream(TextGenerator generator, Tokenizer tokenizer, PrintWriter out) {
    var text = new StreamDecoder(tokenizer);
    int[] ids = prompt(tokenizer);
    // The prompt goes through the decoder too: it decides about the space before the next word.
    for (int id : ids) {
      out.print(text.append(id));
    }
    out.flush();
    generator.generate(
        ids,
        maxTokens,
        token -> {
          out.print(text.append(token));
          out.flush();
        });
    out.println(text.finish());
    out.flush();
  }

  private int[] prompt(Tokenizer tokenizer) {
    int[] ids = tokenizer.encode(prompt);
    Integer bos = tokenizer.specialTokens().bos();
    return bos == null ? ids : IntStream.concat(IntStream.of(bos), IntStream.of(ids)).toArray();
  }
}
