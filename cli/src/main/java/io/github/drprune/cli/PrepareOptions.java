package io.github.drprune.cli;

import io.github.drprune.data.prepare.CorpusInput;
import io.github.drprune.data.prepare.PrepareConfig;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What a preparation is made of, wherever it runs. */
final class PrepareOptions {
  @Option(
      names = "--tokenizer",
      required = true,
      paramLabel = "MODEL",
      description = "Model folder with tokenizer.json and tokenizer_config.json.")
  Path tokenizer;

  @ArgGroup(exclusive = true, multiplicity = "1")
  private Input input;

  private static final class Input {
    @Option(
        names = "--input",
        paramLabel = "FOLDER",
        description =
            "Folder with a sub-folder or file per domain, or with --domain-field of any files:"
                + " .jsonl, .txt (each also .gz, .zst, .bz2), .parquet, MDS.")
    private String folder;

    @Option(
        names = "--domain",
        paramLabel = "NAME[:SPLIT]=PATH",
        split = ",",
        description = "One domain, or one split of it (train, eval, test); may be repeated.")
    private List<String> domains;
  }

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DATA",
      description = "Folder to make: shards (.npy) and manifest.json.")
  Path out;

  private KeyOptions<PrepareConfig> keys;

  @Spec(Spec.Target.MIXEE)
  void spec(CommandSpec command) {
    keys = KeyOptions.add(command, PrepareConfig.class);
  }

  CorpusInput input() {
    return new CorpusInput(input.folder, input.domains);
  }

  PrepareConfig config() {
    return keys.load();
  }
}
