package io.github.drprune.cli;

import io.github.drprune.demo.Demo;
import io.github.drprune.io.OutputPaths;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code drprune demo}. */
@Command(
    name = "demo",
    description = {
      "Shows the whole method on a made-up corpus, in a few minutes.",
      "Trains a small model, prunes it to about half in three ways that differ in the weights of"
          + " the domains, continues pretraining and compares the results.",
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
            options.inference(),
            options.runKeys(),
            runs,
            line -> {
              err.println(line);
              err.flush();
            });
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
    List<String> domains = List.copyOf(rows.getFirst().evaluation().domains().keySet());
    List<String> header = new ArrayList<>(List.of("perplexity", "weighting"));
    header.addAll(domains);
    header.add("mean");
    List<List<String>> table = new ArrayList<>();
    for (Demo.Row row : rows) {
      List<String> cells = new ArrayList<>(List.of(row.stage(), row.strategy()));
      domains.forEach(
          domain -> cells.add(figure(row.evaluation().domains().get(domain).perplexity())));
      cells.add(figure(row.evaluation().meanPerplexity()));
      table.add(cells);
    }
    terminal.println();
    Console.table(header, table).forEach(terminal::println);
    terminal.printf(
        """

        Everything is in %s:
          report.html             open it in a browser: losses, weights, masks of all runs
          drpruning-trained/model the smaller model, a Hugging Face checkpoint
          data/, corpus/          the text it was made with
        Next:
          drprune inspect %s
          drprune generate %s --prompt 'the old river ' --max-tokens 80
          drprune watch %s
        """,
        out, result.model(), result.model(), out);
    terminal.println("With a model and text of your own: see 'Prune a real model' in README.md");
    terminal.flush();
  }

  private static String figure(double value) {
    return String.format(Locale.ROOT, "%.2f", value);
  }
}
