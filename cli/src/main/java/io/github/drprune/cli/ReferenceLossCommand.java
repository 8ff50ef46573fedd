package io.github.drprune.cli;

import io.github.drprune.io.SuffixedNumber;
import io.github.drprune.scaling.PowerLaw;
import io.github.drprune.scaling.ReferenceLosses;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code drprune reference-loss}. */
@Command(
    name = "reference-loss",
    description = {
      "Predicts a model's loss on each domain from larger models of its family.",
      "Fits the curve a N^-b + c to their losses; some weighting strategies need such predictions.",
      "FILE is JSON or YAML with three models or more: for each number of parameters the loss of"
          + " each domain, in nats per token."
    },
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Example:",
      "  echo '{6.7B: {wiki: 1.48}, 13B: {wiki: 1.39}, 69B: {wiki: 1.21}}' > points.yaml",
      "  drprune reference-loss --points points.yaml --parameters 1.3B"
    })
final class ReferenceLossCommand implements Callable<Integer> {
  @Option(
      names = "--points",
      paramLabel = "FILE",
      required = true,
      description = "Losses of the family's models.")
  private Path points;

  @Option(
      names = "--parameters",
      paramLabel = "N",
      required = true,
      description = "Parameters of the model to predict for, as 1345423360, 1.3B or 370M.")
  private String parameters;

  @Mixin private JsonOption json;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    long size = SuffixedNumber.count(parameters, "--parameters: ", "parameters");
    var losses = ReferenceLosses.predict(points, size);
    print(losses, spec.commandLine().getOut());
    json.write(losses);
    return 0;
  }

  private static void print(ReferenceLosses losses, PrintWriter out) {
    out.printf("%s parameters%n%n", Console.count(losses.parameters()));
    List<List<String>> rows = new ArrayList<>();
    losses
        .curves()
        .forEach(
            (domain, curve) ->
                rows.add(
                    List.of(
                        domain,
                        format("%.4f", losses.referenceLoss().get(domain)),
                        format("%.4g", curve.a()),
                        format("%.4f", curve.b()),
                        format("%.4f", curve.c()),
                        curve.determined() ? "" : "not determined by the points")));
    Console.table(List.of("domain", "loss", "a", "b", "c", ""), rows).forEach(out::println);
    if (!losses.curves().values().stream().allMatch(PowerLaw::determined)) {
      out.printf(
          "%nwhere the points do not determine the curve its loss is a guess: give more models%n");
    }
    String settings =
        losses.referenceLoss().entrySet().stream()
            .map(entry -> entry.getKey() + ": " + format("%.4f", entry.getValue()))
            .collect(Collectors.joining(", "));
    out.printf("%nfor a run's configuration:%ndomains:%n  reference_loss: {%s}%n", settings);
    out.flush();
  }

  private static String format(String pattern, double value) {
    return String.format(Locale.ROOT, pattern, value);
  }
}
