package io.github.drprune.cli;

import io.github.drprune.data.Manifest;
import io.github.drprune.data.prepare.Corpus;
import io.github.drprune.data.prepare.CorpusFinder;
import io.github.drprune.data.prepare.Prepare;
import io.github.drprune.data.prepare.PrepareConfig;
import io.github.drprune.io.OutputPaths;
import io.github.drprune.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code drprune prepare}. */
@Command(
    name = "prepare",
    description = {
      "Tokenizes text of several domains into shards for training.",
      "After an interruption the same command goes on behind the last input file that was done; the"
          + " result is the same."
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    footer = {
      "",
      "Example:",
      "  drprune prepare --tokenizer models/llama --input corpus/ --seq-len 4096 --out data/",
      "where corpus/ holds wiki.jsonl, code/*.jsonl.zst, books/train.parquet and"
          + " books/eval.parquet."
    })
final class PrepareCommand implements Callable<Integer> {
  @Option(
      names = "--tokenizer",
      required = true,
      paramLabel = "MODEL",
      description = "Model folder with tokenizer.json and tokenizer_config.json.")
  private Path tokenizer;

  @ArgGroup(exclusive = true, multiplicity = "1")
  private Input input;

  private static final class Input {
    @Option(
        names = "--input",
        paramLabel = "FOLDER",
        description =
            "Folder with a sub-folder or file per domain: .jsonl, .txt (each also .gz, .zst,"
                + " .bz2), .parquet, MDS.")
    private Path folder;

    @Option(
        names = "--domain",
        paramLabel = "NAME[:SPLIT]=PATH",
        split = ",",
        description = "One domain, or one split of it (train, eval, test); may be repeated.")
    private List<String> domains;

    Corpus corpus() {
      return folder != null ? CorpusFinder.in(folder) : CorpusFinder.of(domains);
    }
  }

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DATA",
      description = "Folder to make: shards (.npy) and manifest.json.")
  private Path out;

  @Mixin private ThreadsOption threads;
  @Mixin private JsonOption json;

  private CommandSpec spec;
  private KeyOptions<PrepareConfig> keys;

  @Spec
  void spec(CommandSpec commandSpec) {
    spec = commandSpec;
    keys = KeyOptions.add(commandSpec, PrepareConfig.class);
  }

  @Override
  public Integer call() throws IOException {
    var config = keys.load();
    int workers = threads.count();
    OutputPaths.requireFolder(out);
    var corpus = input.corpus();
    Manifest manifest;
    try (var loaded = Tokenizer.load(tokenizer);
        var progress = new PrepareProgress(spec.commandLine().getErr())) {
      manifest = new Prepare(corpus, loaded, config, workers, progress).into(out);
    }
    DataTable.print(manifest, spec.commandLine().getOut());
    json.write(manifest);
    return 0;
  }
}
