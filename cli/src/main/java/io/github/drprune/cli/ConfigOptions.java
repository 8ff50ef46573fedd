package io.github.drprune.cli;

import io.github.drprune.config.ConfigReference;
import io.github.drprune.config.binding.ConfigLoader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.UsageMessageSpec;
import picocli.CommandLine.Option;

/** Where a run's configuration comes from. */
final class ConfigOptions {
  private static final int KEY_WIDTH = 100;

  @Option(names = "--config", paramLabel = "FILE", description = "YAML file with the keys below.")
  private Path file;

  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Sets a key, over the file's value; may be repeated.")
  private List<String> sets = new ArrayList<>();

  <T extends Record> T load(Class<T> type) throws IOException {
    return ConfigLoader.load(Optional.ofNullable(file), sets, type);
  }

  /** Lists all keys at the end of a command's help; made when help is asked for. */
  static void describeKeys(CommandSpec spec, Class<? extends Record> type) {
    var sections = spec.usageMessage().sectionMap();
    var footer = sections.get(UsageMessageSpec.SECTION_KEY_FOOTER);
    sections.put(
        UsageMessageSpec.SECTION_KEY_FOOTER,
        help -> {
          String newline = System.lineSeparator();
          return newline
              + "Keys:"
              + newline
              + ConfigReference.help(type).stream()
                  .flatMap(line -> Console.wrapped("  " + line, KEY_WIDTH, "      ").stream())
                  .collect(Collectors.joining(newline))
              + newline
              + footer.render(help);
        });
  }
}
