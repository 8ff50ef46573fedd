package io.github.drprune.cli;

import io.github.drprune.error.Printable;
import io.github.drprune.evaluate.EvaluationText;
import io.github.drprune.evaluate.Evaluations;
import io.github.drprune.evaluate.ModelEvaluation;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code drprune evaluate}. */
@Command(
    name = "evaluate",
    description = "Computes the losses of models on held-out text, by domain.",
    mixinStandardHelpOptions = true,
    footer = {"", "Example:", "  drprune evaluate models/llama runs/small/model --data data"})
final class EvaluateCommand implements Callable<Integer> {
  @Parameters(
      paramLabel = "MODEL",
      arity = "1..*",
      description = "Folders of Hugging Face checkpoints.")
  private List<Path> models;

  @Option(
      names = "--data",
      required = true,
      paramLabel = "DATA",
      description = "Folder that 'prepare' wrote with the models' tokenizer.")
  private Path folder;

  @Option(
      names = "--split",
      paramLabel = "PART",
      defaultValue = "eval",
      description = {
        "The text: eval (all that is held out), validation (the part that runs watch to set their"
            + " domain weights), test (the part that no run looks at: the split 'test', or the"
            + " second half of 'eval' where there is none) or train (default: ${DEFAULT-VALUE})."
      })
  private EvaluationText part;

  @Option(
      names = "--sequences",
      paramLabel = "N",
      description =
          "Largest number of sequences of each domain, spread over its text (default: all).")
  private long limit = Long.MAX_VALUE;

  @Option(
      names = "--batch",
      paramLabel = "N",
      defaultValue = "" + Evaluations.BATCH,
      description = "Sequences computed at once (default: ${DEFAULT-VALUE}).")
  private int batch;

  @Mixin private ModelOptionsMixin options;
  @Mixin private JsonOption json;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    var out = spec.commandLine().getOut();
    var evaluations =
        Evaluations.of(
            models, folder, part, limit, batch, options.inference(), result -> print(result, out));
    json.write(evaluations);
    return 0;
  }

  static void print(ModelEvaluation result, PrintWriter out) {
    List<List<String>> rows = new ArrayList<>();
    result
        .domains()
        .forEach(
            (name, domain) ->
                rows.add(
                    List.of(
                        name,
                        figure(domain.loss()),
                        figure(domain.perplexity()),
                        domain.bitsPerByte() == null ? "-" : figure(domain.bitsPerByte()),
                        Console.count(domain.tokens()))));
    rows.add(List.of("mean", figure(result.meanLoss()), figure(result.meanPerplexity()), "", ""));
    out.println(
        "%s on %s".formatted(Printable.escaped(String.valueOf(result.model())), result.split()));
    Console.table(List.of("domain", "loss", "perplexity", "bits per byte", "tokens"), rows)
        .forEach(out::println);
    out.println("worst domain: " + Printable.escaped(result.worstDomain()));
    out.println();
    out.flush();
  }

  private static String figure(double value) {
    return String.format(Locale.ROOT, "%.4f", value);
  }
}
