package io.github.drprune.cli;

import io.github.drprune.libtorch.LibTorch;
import io.github.drprune.libtorch.Precision;
import io.github.drprune.model.ModelOptions;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Where and how a command that only reads a model computes. */
final class ModelOptionsMixin {
  @Option(
      names = "--device",
      defaultValue = "auto",
      paramLabel = "DEVICE",
      description = "auto, cpu, cuda or cuda:N (default: ${DEFAULT-VALUE}).")
  private String device;

  @Option(
      names = "--precision",
      paramLabel = "TYPE",
      description = "fp32 or bf16 (default: bf16 where the device multiplies it, else fp32).")
  private Precision precision;

  @Mixin private ThreadsOption threads;

  /** To be called once, before any other use of LibTorch. */
  ModelOptions inference() {
    LibTorch.useThreads(threads.count());
    return ModelOptions.inference(LibTorch.device(device), Optional.ofNullable(precision));
  }

  /** Threads of the CPU to use. */
  int threads() {
    return threads.count();
  }

  /** The same choices as keys of a run's configuration. */
  List<String> runKeys() {
    String type = precision == null ? "auto" : precision.name().toLowerCase(Locale.ROOT);
    return List.of("device=" + device, "precision=" + type);
  }
}
