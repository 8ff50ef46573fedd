package io.github.drprune.cli;

import io.github.drprune.io.InputFiles;
import java.io.IOException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/**
 * Whether a command's results would replace what it reads: a slip of the hand loses that. Files in
 * a folder for results may stay beside what is read: their writers go by what is in them.
 */
final class Outputs {
  private Outputs() {}

  /** Refuses a file or folder for results that another argument of the command names as well. */
  static void refuseInputs(ParseResult parsed) {
    ParseResult command = parsed;
    while (command.hasSubcommand()) {
      command = command.subcommand();
    }
    List<ArgSpec> arguments = new ArrayList<>(command.matchedOptionsSet());
    arguments.addAll(command.matchedPositionals());
    for (ArgSpec argument : arguments) {
      if (argument instanceof OptionSpec option && isOutput(option, command)) {
        for (Path output : paths(option).toList()) {
          boolean named =
              arguments.stream()
                  .filter(other -> other != option)
                  .flatMap(Outputs::paths)
                  .anyMatch(input -> isSame(output, input));
          if (named) {
            throw new ParameterException(
                command.commandSpec().commandLine(),
                "%s %s is an input or another result; name another place"
                    .formatted(option.longestName(), output));
          }
        }
      }
    }
  }

  private static boolean isOutput(OptionSpec option, ParseResult command) {
    return switch (option.longestName()) {
      case "--json", "--samples" -> true;
      case "--out" -> command.commandSpec().name().equals("report");
      default -> false;
    };
  }

  /** The paths that an argument may mean, also as KEY=PATH or {@code @PATH}. */
  private static Stream<Path> paths(ArgSpec argument) {
    return argument.stringValues().stream()
        .flatMap(text -> Stream.of(text, text.replaceFirst("^(@|[^=]*=)", "")))
        .filter(text -> !text.isEmpty())
        .distinct()
        .map(Outputs::path)
        .flatMap(Optional::stream);
  }

  private static Optional<Path> path(String text) {
    try {
      return Optional.of(Path.of(text));
    } catch (InvalidPathException e) {
      return Optional.empty(); // a text of another kind
    }
  }

  private static boolean isSame(Path a, Path b) {
    try {
      return a.toAbsolutePath().normalize().equals(b.toAbsolutePath().normalize())
          || InputFiles.isSame(a, b);
    } catch (IOException e) {
      return false;
    }
  }
}
