package io.github.drprune.cli;

import io.github.drprune.error.Printable;
import io.github.drprune.json.Suggestion;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.MutuallyExclusiveArgsException;
import picocli.CommandLine.OverwrittenOptionException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** What is wrong with a command line, in words for people who know no Java. */
final class UsageMistake {
  private UsageMistake() {}

  /** The mistake in one line. */
  static String of(ParameterException e) {
    List<String> unmatched = e.getCommandLine().getUnmatchedArguments();
    return Printable.line(
        switch (e) {
          case UnmatchedArgumentException extra -> unmatched(extra);
          // An option misspelt is the likely reason for what is missing.
          case MissingParameterException _
              when unmatched.stream().anyMatch(UsageMistake::isOption) ->
              unknownOption(
                  e.getCommandLine(),
                  unmatched.stream().filter(UsageMistake::isOption).findFirst().orElseThrow());
          case MissingParameterException missing ->
              "missing: "
                  + missing.getMissing().stream()
                      .map(UsageMistake::withValue)
                      .collect(Collectors.joining(", "));
          case OverwrittenOptionException twice -> name(twice.getOverwritten()) + ": given twice";
          case MutuallyExclusiveArgsException several ->
              several
                  .getMessage()
                  .replaceFirst("^Error: ", "")
                  .replaceFirst(" are mutually exclusive.*", ": give only one of them");
          default ->
              e.getArgSpec() != null && e.getValue() != null
                  ? badValue(e.getArgSpec(), e.getValue())
                  : e.getMessage();
        });
  }

  private static String unmatched(UnmatchedArgumentException e) {
    String first = e.getUnmatched().getFirst();
    Collection<String> commands = e.getCommandLine().getSubcommands().keySet();
    if (e.isUnknownOption() || isOption(first)) {
      return unknownOption(e.getCommandLine(), first);
    }
    return commands.isEmpty()
        ? Printable.quoted(first) + ": one argument too many"
        : "no command '%s'%s".formatted(first, Suggestion.among(first, commands));
  }

  private static String unknownOption(CommandLine command, String option) {
    String name = option.replaceFirst("=.*", "");
    return "unknown option '%s'%s"
        .formatted(
            name,
            Suggestion.among(
                name,
                command.getCommandSpec().options().stream().map(OptionSpec::longestName).toList()));
  }

  private static boolean isOption(String argument) {
    return argument.startsWith("-") && argument.length() > 1;
  }

  private static String badValue(ArgSpec argument, String value) {
    Class<?> type = argument.auxiliaryTypes()[0];
    String start = "%s: %s ".formatted(name(argument), Printable.quoted(value));
    if (type.isEnum()) {
      return start
          + "is not possible"
          + Suggestion.among(
              value, Arrays.stream(type.getEnumConstants()).map(String::valueOf).toList());
    }
    return start
        + switch (type.getSimpleName()) {
          case "int", "Integer", "long", "Long" ->
              value.matches("[-+]?[0-9]+") ? "is too large a number" : "is not a whole number";
          case "float", "Float", "double", "Double" -> "is not a number";
          case "boolean", "Boolean" -> "is neither true nor false";
          default -> "is not possible";
        };
  }

  private static String withValue(ArgSpec argument) {
    return argument instanceof OptionSpec option && option.arity().max() > 0
        ? option.longestName() + " " + option.paramLabel()
        : name(argument);
  }

  private static String name(ArgSpec argument) {
    return argument instanceof OptionSpec option ? option.longestName() : argument.paramLabel();
  }
}
