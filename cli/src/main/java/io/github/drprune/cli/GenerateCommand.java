package io.github.drprune.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.drprune.error.UserException;
import io.github.drprune.generate.Chat;
import io.github.drprune.generate.Generation;
import io.github.drprune.generate.TextContinuation;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code drprune generate}. */
@Command(
    name = "generate",
    description = {
      "Continues a text with a model and prints it as it is generated, or holds a conversation."
    },
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Example:",
      "  drprune generate runs/small/model --prompt 'The capital of France' --max-tokens 40",
      "  drprune generate runs/tuned/model --chat"
    })
final class GenerateCommand implements Callable<Integer> {
  @Parameters(paramLabel = "MODEL", description = "The folder of a Hugging Face checkpoint.")
  private Path folder;

  @ArgGroup(exclusive = true, multiplicity = "1")
  private Kind kind;

  private static final class Kind {
    @Option(names = "--prompt", paramLabel = "TEXT", description = "The text to continue.")
    private String prompt;

    @Option(
        names = "--chat",
        description = "Hold a conversation: a line of the input is a message, its end the end.")
    private boolean chat;
  }

  @Option(
      names = "--system",
      paramLabel = "TEXT",
      description = "The system message of a conversation.")
  private Optional<String> system;

  @Option(
      names = "--template",
      paramLabel = "TEMPLATE",
      description =
          "Template of a conversation, chatml, llama3, alpaca or a Jinja file, instead of the"
              + " model's.")
  private Optional<String> template;

  @Mixin private SamplingOptions sampling;
  @Mixin private ModelOptionsMixin options;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    Generation how = sampling.generation();
    if (kind.chat) {
      return chat(how);
    }
    if (system.isPresent() || template.isPresent()) {
      throw new UserException("--system and --template are of a conversation; add --chat");
    }
    try (var continuation = TextContinuation.load(folder, options.inference())) {
      continuation.stream(kind.prompt, how, this::show);
    }
    show(System.lineSeparator());
    return 0;
  }

  private int chat(Generation how) throws IOException {
    // Only a person needs to be told that it is their turn.
    String invitation = System.console() == null ? "" : "> ";
    try (var chat = Chat.load(folder, options.inference(), template);
        var input = new BufferedReader(new InputStreamReader(System.in, UTF_8))) {
      Chat.Session session = chat.session(system);
      show(invitation);
      for (String line = input.readLine(); line != null; line = input.readLine()) {
        if (!line.isBlank()) {
          session.say(line, how, this::show);
          show(System.lineSeparator());
        }
        show(invitation);
      }
    }
    return 0;
  }

  private void show(String text) {
    PrintWriter out = spec.commandLine().getOut();
    out.print(text);
    out.flush();
  }
}
