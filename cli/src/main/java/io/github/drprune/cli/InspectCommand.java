package io.github.drprune.cli;

import static io.github.drprune.cli.Console.bytes;
import static io.github.drprune.cli.Console.count;

import io.github.drprune.error.Printable;
import io.github.drprune.gguf.GgufSummary;
import io.github.drprune.model.CheckpointSummary;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code drprune inspect}. */
@Command(
    name = "inspect",
    description =
        "Shows a checkpoint's family, shape, parameters and memory needs, or a GGUF file's header.",
    mixinStandardHelpOptions = true,
    footer = {"", "Example:", "  drprune inspect models/pythia-160m"})
final class InspectCommand implements Callable<Integer> {
  @Parameters(
      paramLabel = "MODEL",
      description = "The folder of a Hugging Face checkpoint, or a GGUF file.")
  private Path model;

  @Mixin private JsonOption json;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    if (Files.isRegularFile(model)) {
      var summary = GgufSummary.of(model);
      print(summary, spec.commandLine().getOut());
      json.write(summary);
      return 0;
    }
    var summary = CheckpointSummary.of(model);
    print(summary, spec.commandLine().getOut());
    json.write(summary);
    return 0;
  }

  private static void print(CheckpointSummary summary, PrintWriter out) {
    var shape = summary.model();
    out.printf("family         %s%n", shape.family());
    out.printf(
        "shape          %d layers, hidden %s, %d heads of %d (%d key/value), intermediate %s%n",
        shape.layers(),
        count(shape.hiddenSize()),
        shape.heads(),
        summary.headDim(),
        shape.kvHeads(),
        count(shape.intermediateSize()));
    out.printf(
        "vocabulary     %s, head %s; tokenizer %s%n",
        count(summary.vocabularySize()),
        summary.tied() ? "tied to the embedding" : "of its own",
        summary.tokenizerSize() == null ? "missing" : "of " + count(summary.tokenizerSize()));
    out.printf("context        %s tokens%n", count(summary.contextLength()));
    if (!summary.features().isEmpty()) {
      String indented = System.lineSeparator() + " ".repeat("features       ".length());
      out.printf("features       %s%n", String.join(indented, summary.features()));
    }
    out.printf("tensors        %s%n", dtypes(summary.tensorsByDtype()));
    out.printf(
        "memory         %s to run (bf16, one text of full length); %s to prune or train, plus "
            + "activations (see 'drprune plan')%n%n",
        bytes(summary.runBytes()), bytes(summary.trainBytes()));
    long total = shape.parameters();
    List<List<String>> rows =
        summary.parametersByPart().entrySet().stream()
            .map(part -> row(part.getKey(), part.getValue(), total))
            .collect(Collectors.toList());
    rows.add(row("all", total, total));
    Console.table(List.of("part", "parameters", "share"), rows).forEach(out::println);
    out.flush();
  }

  private static void print(GgufSummary summary, PrintWriter out) {
    summary
        .metadata()
        .forEach(
            (key, value) -> out.printf("%s  %s%n", Printable.escaped(key), Printable.line(value)));
    out.printf(
        "%n%s parameters, %s; %s%n",
        count(summary.parameters()), bytes(summary.bytes()), dtypes(summary.tensorsByType()));
    out.flush();
  }

  private static List<String> row(String part, long parameters, long total) {
    return List.of(part, count(parameters), "%.1f%%".formatted(100.0 * parameters / total));
  }

  private static String dtypes(Map<String, Long> tensors) {
    return tensors.entrySet().stream()
        .map(entry -> count(entry.getValue()) + " of type " + entry.getKey())
        .collect(Collectors.joining(", "));
  }
}
