package io.github.drprune.cli;

import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code drprune completion}. */
@Command(
    name = "completion",
    description = {
      "Prints a script that makes bash and zsh complete commands and options.",
      "In ~/.bashrc or ~/.zshrc:  source <(drprune completion)"
    },
    mixinStandardHelpOptions = true)
final class CompletionCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    // Made from all commands: this one may be the only one that the parsed line knows.
    var out = spec.commandLine().getOut();
    out.print(AutoComplete.bash("drprune", Main.commandLine()));
    out.flush();
  }
}
