package io.github.drprune.cli;

import io.github.drprune.libtorch.LibTorch;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** A command whose arguments are the keys of a configuration of type {@code C}. */
abstract class ConfiguredCommand<C extends Record> implements Callable<Integer> {
  private final Class<C> type;

  @Mixin private ConfigOptions options;
  @Mixin private ThreadsOption threads;
  @Mixin private JsonOption json;

  private CommandSpec spec;

  ConfiguredCommand(Class<C> type) {
    this.type = type;
  }

  @Spec
  final void spec(CommandSpec commandSpec) {
    spec = commandSpec;
    ConfigOptions.describeKeys(commandSpec, type);
  }

  final CommandSpec spec() {
    return spec;
  }

  final JsonOption json() {
    return json;
  }

  @Override
  public final Integer call() throws IOException, InterruptedException {
    C config = options.load(type);
    LibTorch.useThreads(threads.count()); // before anything else uses it
    run(config);
    return 0;
  }

  abstract void run(C config) throws IOException, InterruptedException;
}
