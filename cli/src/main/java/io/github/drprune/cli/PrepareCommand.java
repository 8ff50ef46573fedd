package io.github.drprune.cli;

import io.github.drprune.data.Manifest;
import io.github.drprune.data.TokenType;
import io.github.drprune.data.prepare.Corpus;
import io.github.drprune.data.prepare.CorpusFinder;
import io.github.drprune.data.prepare.Prepare;
import io.github.drprune.data.prepare.PrepareConfig;
import io.github.drprune.io.OutputPaths;
import io.github.drprune.tokenizer.SpecialTokensInText;
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
      "Interrupted, the same command goes on after the last input file; the result is the same."
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
      names = "--seq-len",
      required = true,
      paramLabel = "N",
      description = "Tokens of a sequence.")
  private int seqLen;

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DATA",
      description = "Folder to make: shards (.npy) and manifest.json.")
  private Path out;

  @Option(
      names = "--text-field",
      paramLabel = "NAME",
      defaultValue = PrepareConfig.TEXT_FIELD,
      description = "JSON field or Parquet column of the text (default: ${DEFAULT-VALUE}).")
  private String textField;

  @Option(
      names = "--eval-fraction",
      paramLabel = "F",
      defaultValue = "" + PrepareConfig.EVAL_FRACTION,
      description =
          "Documents held out in domains without eval files, chosen by content (default:"
              + " ${DEFAULT-VALUE}).")
  private double evalFraction;

  @Option(
      names = "--eval-sequences",
      paramLabel = "N",
      defaultValue = "0",
      description = "Keep at most N sequences a domain of those held out so (default: all).")
  private long evalSequences;

  @Option(
      names = "--dtype",
      paramLabel = "TYPE",
      description = "uint16 or uint32 (default: the narrowest that holds the vocabulary).")
  private TokenType type;

  @Option(
      names = "--shard-mib",
      paramLabel = "N",
      defaultValue = "256",
      description = "Size of a shard in MiB (default: ${DEFAULT-VALUE}).")
  private long shardMib;

  @Option(
      names = "--max-bad-lines",
      paramLabel = "N",
      defaultValue = "" + PrepareConfig.MAX_BAD_LINES,
      description = "Malformed records skipped before the run fails (default: ${DEFAULT-VALUE}).")
  private long maxBadLines;

  @Option(
      names = "--special-tokens",
      paramLabel = "HOW",
      defaultValue = "tokens",
      description =
          "What names of special tokens (such as </s>) in the text become: tokens or text"
              + " (default: ${DEFAULT-VALUE}).")
  private SpecialTokensInText specialTokens;

  @Option(names = "--threads", paramLabel = "N", description = "Default: all cores.")
  private int threads = Runtime.getRuntime().availableProcessors();

  @Mixin private JsonOption json;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    var config =
        new PrepareConfig(
            seqLen,
            textField,
            evalFraction,
            evalSequences,
            type,
            PrepareConfig.shardBytes(shardMib),
            maxBadLines,
            threads,
            specialTokens);
    OutputPaths.requireFolder(out);
    var corpus = input.corpus();
    Manifest manifest;
    try (var loaded = Tokenizer.load(tokenizer);
        var progress = new PrepareProgress(spec.commandLine().getErr())) {
      manifest = new Prepare(corpus, loaded, config, progress).into(out);
    }
    DataTable.print(manifest, spec.commandLine().getOut());
    json.write(manifest);
    return 0;
  }
}
