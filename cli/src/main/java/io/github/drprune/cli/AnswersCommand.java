package io.github.drprune.cli;

import io.github.drprune.generate.Answers;
import io.github.drprune.generate.Chat;
import io.github.drprune.generate.Generation;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code drprune answers}. */
@Command(
    name = "answers",
    description = {
      "Answers a file of prompts with a model, a line each, for 'judge' to compare.",
      "After an interruption the same command goes on behind the last answer."
    },
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Example:",
      "  drprune answers runs/tuned/model --prompts prompts.jsonl --out tuned.jsonl"
    })
final class AnswersCommand implements Callable<Integer> {
  @Parameters(paramLabel = "MODEL", description = "The folder of a Hugging Face checkpoint.")
  private Path folder;

  @Option(
      names = "--prompts",
      required = true,
      paramLabel = "FILE",
      description = "JSON lines with 'prompt', 'messages' or 'instruction'.")
  private Path prompts;

  @Option(names = "--out", required = true, paramLabel = "FILE", description = "File to write.")
  private Path out;

  @Option(
      names = "--template",
      paramLabel = "TEMPLATE",
      description = "chatml, llama3, alpaca or a Jinja file, instead of the model's template.")
  private Optional<String> template;

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "" + Answers.AT_ONCE,
      description = "Prompts answered at once (default: ${DEFAULT-VALUE}).")
  private int batch;

  @Mixin private SamplingOptions sampling;
  @Mixin private ModelOptionsMixin options;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    Generation how = sampling.generation();
    var err = spec.commandLine().getErr();
    try (var chat = Chat.load(folder, options.inference(), template)) {
      Answers.write(
          chat,
          prompts,
          out,
          folder,
          how,
          batch,
          done -> {
            err.printf("answers: %,d%n", done);
            err.flush();
          });
    }
    spec.commandLine().getOut().println(out);
    spec.commandLine().getOut().flush();
    return 0;
  }
}
