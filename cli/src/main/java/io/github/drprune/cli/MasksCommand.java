package io.github.drprune.cli;

import static io.github.drprune.cli.Console.count;

import io.github.drprune.model.ModelShape;
import io.github.drprune.prune.MaskSummary;
import io.github.drprune.prune.MaskValues;
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
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code drprune masks}. */
@Command(
    name = "masks",
    description = "Shows which layers and heads, and how many units, the masks of a run keep.",
    mixinStandardHelpOptions = true,
    footer = {"", "Example:", "  drprune masks runs/half/masks.json"})
final class MasksCommand implements Callable<Integer> {
  @Parameters(paramLabel = "FILE", description = "A masks.json.")
  private Path file;

  @Mixin private JsonOption json;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    var summary = MaskSummary.of(MaskValues.read(file));
    print(summary, spec.commandLine().getOut());
    json.write(summary);
    return 0;
  }

  private static void print(MaskSummary summary, PrintWriter out) {
    out.println("model   " + shape(summary.source()));
    out.println("result  " + shape(summary.result()));
    out.printf(
        "hidden  %s of %s units, mean mask %s%n%n",
        count(summary.result().hiddenSize()),
        count(summary.source().hiddenSize()),
        decimals(summary.hiddenMean()));
    List<List<String>> rows = new ArrayList<>();
    for (MaskSummary.Layer layer : summary.layers()) {
      boolean attention = layer.attentionAs() != null;
      boolean mlp = layer.mlpAs() != null;
      rows.add(
          List.of(
              "%d".formatted(layer.layer()),
              attention ? "%d".formatted(layer.attentionAs()) : "-",
              attention ? ranges(layer.heads()) : "",
              attention ? decimals(layer.headMean()) : "",
              mlp ? "%d".formatted(layer.mlpAs()) : "-",
              mlp ? count(layer.intermediate()) : "",
              mlp ? decimals(layer.intermediateMean()) : ""));
    }
    Console.table(
            List.of("layer", "attention as", "heads", "mean", "MLP as", "units", "mean"), rows)
        .forEach(out::println);
    out.flush();
  }

  private static String shape(ModelShape shape) {
    return "%d layers, hidden %s, %d heads (%d key/value), intermediate %s"
        .formatted(
            shape.layers(),
            count(shape.hiddenSize()),
            shape.heads(),
            shape.kvHeads(),
            count(shape.intermediateSize()));
  }

  private static String decimals(double value) {
    return String.format(Locale.ROOT, "%.3f", value);
  }

  /** 0-3,5. */
  private static String ranges(List<Integer> numbers) {
    List<int[]> ranges = new ArrayList<>();
    for (int number : numbers) {
      if (!ranges.isEmpty() && ranges.getLast()[1] == number - 1) {
        ranges.getLast()[1] = number;
      } else {
        ranges.add(new int[] {number, number});
      }
    }
    return ranges.stream()
        .map(range -> range[0] == range[1] ? "" + range[0] : range[0] + "-" + range[1])
        .collect(Collectors.joining(","));
  }
}
