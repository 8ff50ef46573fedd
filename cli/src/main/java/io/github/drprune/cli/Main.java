package io.github.drprune.cli;

import io.github.drprune.error.Printable;
import io.github.drprune.error.UserException;
import io.github.drprune.io.FileMistake;
import io.github.drprune.launch.Launch;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExecutionException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;
import picocli.CommandLine.Spec;

/** The program {@code drprune}. */
@Command(
    name = "drprune",
    description = "Makes language models smaller without making them worse on any domain.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    synopsisSubcommandLabel = "COMMAND")
public final class Main implements Runnable {
  private static final List<Class<?>> COMMANDS =
      List.of(
          InspectCommand.class,
          PrepareCommand.class,
          SparkPrepareCommand.class,
          DataCommand.class,
          PlanCommand.class,
          PruneCommand.class,
          MasksCommand.class,
          CutCommand.class,
          ExportCommand.class,
          TrimVocabularyCommand.class,
          AddTokensCommand.class,
          TrainCommand.class,
          SparkTrainCommand.class,
          TuneCommand.class,
          AnswersCommand.class,
          JudgeCommand.class,
          EvaluateCommand.class,
          TasksCommand.class,
          GenerateCommand.class,
          ReferenceLossCommand.class,
          ReplayCommand.class,
          BenchCommand.class,
          LatencyCommand.class,
          ReportCommand.class,
          WatchCommand.class,
          RunCommand.class,
          LaunchCommand.class,
          SelfCheckCommand.class,
          DemoCommand.class,
          CompletionCommand.class);

  /** The user asked for something that cannot be done as asked. */
  static final int USER_MISTAKE = Launch.USER_MISTAKE;

  /** Wide enough for the examples: a command that is broken over two lines cannot be copied. */
  private static final int HELP_WIDTH = 100;

  /** The program failed. */
  static final int FAILURE = 1;

  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "no command given");
  }

  public static void main(String[] args) {
    LauncherWatch.start();
    var output = StandardOutput.install();
    // Figures are written alike on every machine, whatever its language.
    Locale.setDefault(Locale.ROOT);
    int code;
    try {
      code = areText(args) ? commandLine(args).execute(args) : USER_MISTAKE;
    } catch (Throwable e) {
      // Before a command runs, or while another failure is told.
      code = new Failure(e).tell(new PrintWriter(System.err, true));
    }
    System.exit(output.checked(code));
  }

  /** Java puts U+FFFD where an argument's bytes are no characters in the locale's encoding. */
  private static boolean areText(String... arguments) {
    for (String argument : arguments) {
      if (argument.indexOf('\uFFFD') >= 0) {
        System.err.printf(
            "drprune: %s: not text in the encoding of the locale (%s); set LC_ALL=C.UTF-8 and write"
                + " it in UTF-8%n",
            Printable.quoted(argument), System.getProperty("sun.jnu.encoding"));
        return false;
      }
    }
    return true;
  }

  /**
   * The program with its commands, or only with the one that {@code arguments} name: describing all
   * of them takes longer than the shortest run.
   */
  static CommandLine commandLine(String... arguments) {
    var program = new CommandLine(new Main());
    List<Class<?>> named = COMMANDS.stream().filter(type -> isNamed(type, arguments)).toList();
    boolean none = arguments.length == 1 && arguments[0].equals("--version");
    for (Class<?> type : none || !named.isEmpty() ? named : COMMANDS) {
      program.addSubcommand(type);
    }
    return program
        .setUsageHelpWidth(HELP_WIDTH)
        .setCaseInsensitiveEnumValuesAllowed(true)
        // A prompt or name that begins with '@' is not a file of arguments.
        .setExpandAtFiles(false)
        .setExecutionStrategy(Main::run)
        .setParameterExceptionHandler(Main::explainUsage)
        .setExecutionExceptionHandler(Main::explainFailure);
  }

  private static boolean isNamed(Class<?> type, String... arguments) {
    return arguments.length > 0 && type.getAnnotation(Command.class).name().equals(arguments[0]);
  }

  private static int explainUsage(ParameterException e, String[] args) {
    var command = e.getCommandLine();
    command
        .getErr()
        .println(
            "drprune: %s; see '%s --help'"
                .formatted(UsageMistake.of(e), command.getCommandSpec().qualifiedName()));
    return USER_MISTAKE;
  }

  /** Runs the command; an error, which picocli would let pass, is a failure like any other. */
  private static int run(ParseResult parsed) {
    try {
      Outputs.refuseInputs(parsed);
      return new RunLast().execute(parsed);
    } catch (Error e) {
      throw new ExecutionException(parsed.commandSpec().commandLine(), "error", e);
    }
  }

  private static int explainFailure(Exception e, CommandLine command, ParseResult parsed) {
    Throwable thrown =
        switch (e) {
          case ExecutionException error when error.getCause() instanceof Error -> error.getCause();
          case UserException mistake -> ofOption(mistake, command);
          case IOException io -> FileMistake.of(io).<Throwable>map(mistake -> mistake).orElse(io);
          case UncheckedIOException io ->
              FileMistake.of(io.getCause()).<Throwable>map(mistake -> mistake).orElse(io);
          default -> e;
        };
    return new Failure(thrown).tell(command.getErr());
  }

  /** A mistake in a key that the command has an option for: told as one in the option. */
  private static UserException ofOption(UserException mistake, CommandLine command) {
    return mistake
        .key()
        .filter(mistake.getMessage()::startsWith)
        .filter(key -> command.getCommandSpec().findOption(KeyOptions.name(key)) != null)
        .map(key -> KeyOptions.name(key) + mistake.getMessage().substring(key.length()))
        .map(message -> new UserException(message, mistake))
        .orElse(mistake);
  }
}
