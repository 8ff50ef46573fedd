package io.github.drprune.cli;

import io.github.drprune.demo.Demo;
import io.github.drprune.io.OutputPaths;
import io.github.drprune.io.SuffixedNumber;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code drprune demo}. */
@Command(
    name = "demo",
    description = {
      "Shows the whole method on a made-up corpus, in about a minute and a half on two cores.",
      "Trains a small model on five domains, cuts it, trains on in four ways that spend the same"
          + " tokens, and compares their losses on each domain.",
      "After an interruption the same command goes on."
    },
    mixinStandardHelpOptions = true,
    footer = {"", "Example:", "  drprune demo --out demo"})
final class DemoCommand implements Callable<Integer> {
  @Option(
      names = "--out",
      paramLabel = "FOLDER",
      defaultValue = "drprune-demo",
      description = "Where everything goes (default: ${DEFAULT-VALUE}).")
  private Path out;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "17",
      description = "Seed of text, weights and runs (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(
      names = "--budget",
      paramLabel = "TOKENS",
      defaultValue = "" + Demo.TOKENS,
      description =
          "Tokens that each of the four ways trains on, such as 400k (default: ${DEFAULT-VALUE})."
              + " Another number needs another folder.")
  private String budget;

  @Mixin private ModelOptionsMixin options;
  @Mixin private JsonOption json;
  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException, InterruptedException {
    OutputPaths.requireFolder(out);
    PrintWriter err = spec.commandLine().getErr();
    var runs = new RunExecution(err, err, new JsonOption());
    var demo =
        new Demo(
            out,
            seed,
            SuffixedNumber.count(budget, "--budget: ", "tokens"),
            options.inference(),
            options.runKeys(),
            runs,
            Console.lines(err));
    Optional<Demo.Result> result;
    try (var preparation = new PrepareProgress(err)) {
      result = demo.run(preparation);
    }
    if (result.isPresent()) {
      json.write(result.get().rows());
      print(result.get(), spec.commandLine().getOut());
    }
    return 0;
  }

  private void print(Demo.Result result, PrintWriter terminal) {
    List<Demo.Row> rows = result.rows();
    Demo.Row source = rows.getFirst();
    List<String> domains = List.copyOf(source.evaluation().domains().keySet());
    List<String> header = new ArrayList<>(List.of("perplexity"));
    header.addAll(domains);
    header.addAll(List.of("mean", "worst excess"));
    List<List<String>> table = new ArrayList<>();
    for (Demo.Row row : rows) {
      List<String> cells = new ArrayList<>(List.of(row.model()));
      domains.forEach(
          domain -> cells.add(figure(row.evaluation().domains().get(domain).perplexity())));
      cells.add(figure(row.evaluation().meanPerplexity()));
      Demo.Excess worst = row.worst(source);
      cells.add("%s %.3f".formatted(worst.domain(), worst.nats()));
      table.add(cells);
    }
    terminal.println();
    Console.table(header, table).forEach(terminal::println);
    terminal.printf(
        Locale.ROOT,
        """

        %.1f times smaller (%s instead of %s parameters) and %.1f times as fast, measured on this machine.
        Of the four that were trained on the same number of tokens, above the source's loss:
        %s
        Losses, weights and what was cut are drawn in %s

        Everything is in %s:
          drpruning/model         the smaller model, a Hugging Face checkpoint
          data/, corpus/          the text it was made with
        Next:
          drprune inspect %s
          drprune generate %s --prompt 'the old river ' --max-tokens 80
          drprune watch %s
        """,
        (double) result.source().parameters() / result.smaller().parameters(),
        Console.count(result.smaller().parameters()),
        Console.count(result.source().parameters()),
        result.speedUp(),
        excesses(result),
        result.report(),
        out,
        result.model(),
        result.model(),
        out);
    terminal.println("With a model and text of your own: see 'Prune a real model' in README.md");
    terminal.flush();
  }

  /** A line for each trained model: how far its mean and its worst domain are above the source. */
  private static String excesses(Demo.Result result) {
    Demo.Row source = result.rows().getFirst();
    return result.trained().stream()
        .map(
            row ->
                String.format(
                    Locale.ROOT,
                    "  %-10s %.2f nats per token in the mean, %.2f in the worst domain (%s)",
                    row.model(),
                    Math.log(
                        row.evaluation().meanPerplexity() / source.evaluation().meanPerplexity()),
                    row.worst(source).nats(),
                    row.worst(source).domain()))
        .collect(Collectors.joining("\n"));
  }

  private static String figure(double value) {
    return String.format(Locale.ROOT, "%.2f", value);
  }
}
