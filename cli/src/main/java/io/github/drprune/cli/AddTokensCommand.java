package io.github.drprune.cli;

import io.github.drprune.vocabulary.VocabularyGrowth;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code drprune add-tokens}. */
@Command(
    name = "add-tokens",
    description =
        "Gives a model a template of conversations and the special tokens that it needs, with rows"
            + " in embedding and head to be tuned.",
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Example:",
      "  drprune add-tokens runs/final/model --template chatml --out models/to-tune"
    })
final class AddTokensCommand implements Callable<Integer> {
  @Parameters(paramLabel = "MODEL", description = "The folder of the checkpoint.")
  private Path model;

  @Option(
      names = "--template",
      paramLabel = "TEMPLATE",
      description = "chatml, llama3, alpaca or a Jinja file; without it the model keeps its own.")
  private String template;

  @Option(
      names = "--token",
      paramLabel = "TOKEN",
      description =
          "A special token to add, such as '<|im_end|>'; may be repeated. Those of chatml and"
              + " llama3 are known.")
  private List<String> tokens = new ArrayList<>();

  @Mixin private NewCheckpointOption out;

  @Mixin private JsonOption json;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    var result =
        new VocabularyGrowth(model, Optional.ofNullable(template), tokens, out.folder()).write();
    PrintWriter lines = spec.commandLine().getOut();
    lines.printf(
        "%s: %s; %s words%n", out.folder(), told(result), Console.count(result.vocabularySize()));
    lines.flush();
    json.write(result);
    return 0;
  }

  private static String told(VocabularyGrowth.Result result) {
    List<String> told = new ArrayList<>();
    if (!result.embedded().isEmpty()) {
      told.add("gave rows to " + String.join(" ", result.embedded()));
    }
    if (!result.added().isEmpty()) {
      told.add(
          "added %s, from id %d".formatted(String.join(" ", result.added()), result.firstId()));
    }
    return told.isEmpty() ? "the model had all tokens" : String.join("; ", told);
  }
}
