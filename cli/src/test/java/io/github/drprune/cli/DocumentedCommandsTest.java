package io.github.drprune.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import picocli.CommandLine.ParameterException;

/** Every command that README and docs show is one that the program takes. */
class DocumentedCommandsTest {
  private static final Path ROOT = Path.of(System.getProperty("basedir", ".")).resolve("..");

  /** A fenced block of shell commands, or of a terminal's lines, where commands follow "$ ". */
  private static final Pattern BLOCK = Pattern.compile("(?ms)^```(\\w*)\n(.*?)^```$");

  private static final Pattern COMMAND = Pattern.compile("(?:\\w+=\\S* )*(?:\\./)?drprune (.*)");

  /** What a shell takes as one word: quoted parts and others without blanks between them. */
  private static final Pattern WORD = Pattern.compile("(?:'[^']*'|\"[^\"]*\"|[^\\s'\"])+");

  @TestFactory
  Stream<DynamicTest> parse() throws IOException {
    List<Path> pages = new ArrayList<>(List.of(ROOT.resolve("README.md")));
    try (var docs = Files.list(ROOT.resolve("docs"))) {
      docs.filter(file -> file.toString().endsWith(".md")).sorted().forEach(pages::add);
    }
    return pages.stream()
        .flatMap(
            page ->
                commands(page).stream()
                    .map(
                        command ->
                            DynamicTest.dynamicTest(
                                page.getFileName() + ": " + command, () -> parse(command))));
  }

  @Test
  void commandsAreFound() {
    assertThat(commands(ROOT.resolve("README.md"))).hasSizeGreaterThan(5).contains("demo");
  }

  private static void parse(String command) {
    String[] words = words(command);
    try {
      Main.commandLine(words).parseArgs(words);
    } catch (ParameterException e) {
      throw new AssertionError(e.getMessage(), e);
    }
  }

  private static List<String> commands(Path page) {
    List<String> commands = new ArrayList<>();
    String text;
    try {
      text = Files.readString(page);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    for (var block : (Iterable<MatchResult>) BLOCK.matcher(text).results()::iterator) {
      boolean isShell = List.of("sh", "bash").contains(block.group(1));
      for (String line : block.group(2).replace("\\\n", " ").lines().toList()) {
        if (!isShell && !line.startsWith("$ ")) {
          continue;
        }
        var found = COMMAND.matcher(line.replaceFirst("^\\$ ", "").strip());
        if (found.matches()) {
          commands.add(found.group(1).replaceFirst("\\s+(#|[|>&]|2>).*", "").strip());
        }
      }
    }
    return commands;
  }

  private static String[] words(String command) {
    return WORD.matcher(command)
        .results()
        .map(word -> word.group().replaceAll("['\"]", ""))
        .toArray(String[]::new);
  }
}
