package io.github.drprune.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;

/** The help of every command, as {@code --help} prints it. */
class HelpTest {
  private static final int WIDEST = 100;

  static Stream<String> commands() {
    return withSubcommands(Main.commandLine()).map(line -> line.getCommandSpec().qualifiedName());
  }

  private static Stream<CommandLine> withSubcommands(CommandLine command) {
    return Stream.concat(
        Stream.of(command),
        command.getSubcommands().values().stream().flatMap(HelpTest::withSubcommands));
  }

  private static CommandLine named(String qualifiedName) {
    return withSubcommands(Main.commandLine())
        .filter(line -> line.getCommandSpec().qualifiedName().equals(qualifiedName))
        .findFirst()
        .orElseThrow();
  }

  /** Picocli tells of a text that is not a format on stderr, at every call. */
  @ParameterizedTest
  @MethodSource("commands")
  void isRenderedWithoutWarningsAndFitsATerminal(String name) {
    var warnings = new ByteArrayOutputStream();
    PrintStream err = System.err;
    String help;
    try {
      System.setErr(new PrintStream(warnings, true, StandardCharsets.UTF_8));
      help = named(name).getUsageMessage(Ansi.OFF);
    } finally {
      System.setErr(err);
    }
    assertThat(warnings.toString(StandardCharsets.UTF_8)).isEmpty();
    assertThat(help.lines()).allSatisfy(line -> assertThat(line).hasSizeLessThan(WIDEST + 1));
    assertThat(help).doesNotContain("%%", "%n", "${");
  }

  @ParameterizedTest
  @MethodSource("commands")
  void everyCommandOptionAndParameterIsDescribed(String name) {
    var spec = named(name).getCommandSpec();
    assertThat(String.join("", spec.usageMessage().description())).isNotBlank();
    assertThat(spec.args())
        .allSatisfy(
            arg -> assertThat(String.join("", arg.description())).as("%s", arg).isNotBlank());
  }

  @Test
  void percentSignsStay() {
    assertThat(named("drprune plan shapes").getUsageMessage(Ansi.OFF))
        .containsPattern("within 3\\s+%\\s+are");
  }
}
