package io.github.drprune.cli;

import io.github.drprune.generate.Generation;
import io.github.drprune.generate.Sampling;
import picocli.CommandLine.Option;

/** How texts are generated. */
final class SamplingOptions {
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

  Generation generation() {
    return new Generation(maxTokens, new Sampling(temperature, topP), seed);
  }
}
