package io.github.drprune.cli;

import io.github.drprune.data.Manifest;
import io.github.drprune.data.prepare.Prepare;
import io.github.drprune.data.prepare.Storage;
import io.github.drprune.io.OutputPaths;
import io.github.drprune.tokenizer.Tokenizer;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
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
  @Mixin private PrepareOptions options;
  @Mixin private ThreadsOption threads;
  @Mixin private JsonOption json;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    var config = options.config();
    int workers = threads.count();
    OutputPaths.requireFolder(options.out);
    var corpus = options.input().find(config, Storage.LOCAL);
    Manifest manifest;
    try (var loaded = Tokenizer.load(options.tokenizer);
        var progress = new PrepareProgress(spec.commandLine().getErr())) {
      manifest = new Prepare(corpus, loaded, config, workers, progress).into(options.out);
    }
    DataTable.print(manifest, spec.commandLine().getOut());
    json.write(manifest);
    return 0;
  }
}
