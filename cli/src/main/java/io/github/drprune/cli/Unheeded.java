package io.github.drprune.cli;

import io.github.drprune.error.UserException;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;

/** Options that a command would not heed as it is called: who gives one expects something of it. */
final class Unheeded {
  private Unheeded() {}

  /**
   * Refuses those of {@code options} that were given.
   *
   * @param where they have no effect, as "without --example"
   */
  static void refuse(CommandSpec command, String where, String... options) {
    var parsed = command.commandLine().getParseResult();
    List<String> given = Stream.of(options).filter(parsed::hasMatchedOption).toList();
    if (!given.isEmpty()) {
      boolean one = given.size() == 1;
      throw new UserException(
          "%s: %s no effect %s; leave %s out"
              .formatted(
                  String.join(", ", given), one ? "has" : "have", where, one ? "it" : "them"));
    }
  }
}
