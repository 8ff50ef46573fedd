package io.github.drprune.cli;

import io.github.drprune.conversation.ConversationTokenizer;
import io.github.drprune.data.PreparedData;
import io.github.drprune.data.Split;
import io.github.drprune.data.TokenSequences;
import io.github.drprune.error.UserException;
import io.github.drprune.tokenizer.Tokenizer;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code drprune data}. */
@Command(
    name = "data",
    description = "Shows prepared data and checks that its files are whole.",
    mixinStandardHelpOptions = true,
    footer = {"", "Example:", "  drprune data data/ --verify"})
final class DataCommand implements Callable<Integer> {
  @Parameters(paramLabel = "DATA", description = "Folder that 'drprune prepare' made.")
  private Path folder;

  @Option(names = "--verify", description = "Check the SHA-256 of every shard.")
  private boolean verify;

  @Option(
      names = "--example",
      paramLabel = "TASK",
      description =
          "Print the first conversation of a task with what counts in [[ ]]; needs --tokenizer.")
  private Optional<String> example;

  @Option(
      names = "--tokenizer",
      paramLabel = "MODEL",
      description = "The model that the data was prepared for.")
  private Optional<Path> tokenizer;

  @Mixin private JsonOption json;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    if (example.isEmpty()) {
      Unheeded.refuse(spec, "without --example", "--tokenizer");
    }
    var out = spec.commandLine().getOut();
    try (var data = PreparedData.open(folder)) {
      DataTable.print(data.manifest(), out);
      if (example.isPresent()) {
        print(data, example.get(), out);
      }
      if (verify) {
        data.verify(bytes -> {});
        out.printf("verified: all %,d bytes are as they were written%n", data.bytes());
        out.flush();
      }
      json.write(data.manifest());
    }
    return 0;
  }

  private void print(PreparedData data, String task, PrintWriter out) {
    if (tokenizer.isEmpty()) {
      throw new UserException("--example needs --tokenizer: name the data's model");
    }
    TokenSequences sequences =
        data.split(task, Split.TRAIN)
            .filter(TokenSequences::someCount)
            .orElseThrow(() -> new UserException("--example: the data holds no conversations"));
    try (var loaded = Tokenizer.load(tokenizer.get())) {
      data.requireTokenizer(loaded);
      byte[] counted = sequences.counted(0);
      int end = counted.length;
      while (end > 0 && counted[end - 1] == 0) {
        end--; // what follows is mostly padding
      }
      String text =
          ConversationTokenizer.marked(
              loaded, Arrays.copyOf(sequences.row(0), end), Arrays.copyOf(counted, end));
      out.println(text);
    }
  }
}
