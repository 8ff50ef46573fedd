package io.github.drprune.cli;

import static io.github.drprune.cli.Console.bytes;
import static io.github.drprune.cli.Console.count;

import io.github.drprune.error.UserException;
import io.github.drprune.gguf.TensorType;
import io.github.drprune.latency.Engine;
import io.github.drprune.latency.Latency;
import io.github.drprune.latency.LatencyOptions;
import io.github.drprune.latency.LatencyReport;
import io.github.drprune.latency.LlamaBench;
import io.github.drprune.latency.OwnEngine;
import io.github.drprune.model.ModelOptions;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code drprune latency}. */
@Command(
    name = "latency",
    description = "Measures in turn how fast models read prompts and generate, on this machine.",
    mixinStandardHelpOptions = true,
    footer = {
      "",
      "Examples:",
      "  drprune latency models/llama runs/half/model --context 128,512 --batch 1,4",
      "  drprune latency models/llama runs/half/model --engine llama.cpp=bin/llama-bench"
    })
final class LatencyCommand implements Callable<Integer> {
  private static final String OWN = "drprune";
  private static final String LLAMA_CPP = "llama.cpp=";

  @Parameters(
      paramLabel = "MODEL",
      arity = "1..*",
      description = "Folders of checkpoints; the others are compared with the first.")
  private List<Path> models;

  @Option(
      names = "--context",
      paramLabel = "N",
      split = ",",
      defaultValue = "128,512",
      description = "Tokens of a prompt (default: ${DEFAULT-VALUE}).")
  private List<Integer> contexts;

  @Option(
      names = "--batch",
      paramLabel = "N",
      split = ",",
      defaultValue = "1",
      description = "Texts at a time (default: ${DEFAULT-VALUE}).")
  private List<Integer> batches;

  @Option(
      names = "--generate",
      paramLabel = "N",
      defaultValue = "32",
      description = "Tokens to generate behind each prompt (default: ${DEFAULT-VALUE}).")
  private int generate;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      defaultValue = "5",
      description = "Measured rounds, after one that warms up (default: ${DEFAULT-VALUE}).")
  private int rounds;

  @Option(
      names = "--engine",
      paramLabel = "NAME",
      defaultValue = OWN,
      description =
          "drprune, or llama.cpp=PATH with the path of llama-bench (default: ${DEFAULT-VALUE}).")
  private String engine;

  @Option(
      names = "--type",
      paramLabel = "TYPE",
      defaultValue = "f16",
      description = "For llama.cpp, type of matrices: f32, f16, bf16, q8_0 (default: f16).")
  private ExportCommand.Type type;

  @Mixin private ModelOptionsMixin options;

  @Mixin private JsonOption json;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    requireHeeded();
    var measured = new LatencyOptions(contexts, batches, generate, rounds);
    PrintWriter err = spec.commandLine().getErr();
    SequencedMap<String, Engine> engines = new LinkedHashMap<>();
    try {
      ModelOptions inference = options.inference();
      for (Path model : models) {
        if (engines.containsKey(model.toString())) {
          throw new UserException(model + ": named twice; name each model once");
        }
        engines.put(model.toString(), engine(model, inference, err));
      }
      var report = new Latency(measured, Console.lines(err)).measure(engines);
      print(report, spec.commandLine().getOut());
      json.write(report);
      return 0;
    } finally {
      engines.values().forEach(Engine::close);
    }
  }

  private void requireHeeded() {
    if (engine.equals(OWN)) {
      Unheeded.refuse(spec, "without --engine llama.cpp=PATH", "--type");
    } else if (engine.startsWith(LLAMA_CPP)) {
      Unheeded.refuse(spec, "with llama.cpp", "--device", "--precision");
    }
  }

  private Engine engine(Path model, ModelOptions inference, PrintWriter err) throws IOException {
    if (engine.equals(OWN)) {
      return new OwnEngine(model, inference);
    }
    if (engine.startsWith(LLAMA_CPP)) {
      return new LlamaBench(
          Path.of(engine.substring(LLAMA_CPP.length())),
          model,
          TensorType.valueOf(type.name()),
          options.threads(),
          Console.warnings(err));
    }
    throw UserException.at(
        "engine", "'%s' is not known".formatted(engine), "give drprune or llama.cpp=PATH");
  }

  private static void print(LatencyReport report, PrintWriter out) {
    List<List<String>> models =
        report.models().stream()
            .map(
                model ->
                    List.of(
                        model.name(), count(model.model().parameters()), bytes(model.fileBytes())))
            .toList();
    Console.table(List.of("model", "parameters", "file"), models).forEach(out::println);
    for (var each : report.cases()) {
      out.printf("%nbatch %d, prompts of %s tokens%n", each.batch(), count(each.context()));
      List<List<String>> rows = new ArrayList<>();
      for (int i = 0; i < report.models().size(); i++) {
        rows.add(row(report.models().get(i).name(), each.speeds().get(i)));
      }
      Console.table(
              List.of(
                  "model",
                  "prompt tokens/s",
                  "generated tokens/s",
                  "memory",
                  "GFLOP",
                  "times fewer",
                  "times faster",
                  "share"),
              rows)
          .forEach(out::println);
    }
    out.flush();
  }

  private static List<String> row(String name, LatencyReport.Speed speed) {
    return List.of(
        name,
        "%.1f".formatted(speed.promptRate()),
        "%.1f".formatted(speed.generatedRate()),
        speed.memoryBytes() == 0 ? "-" : bytes(speed.memoryBytes()),
        "%.2f".formatted(speed.operations() / 1e9),
        "%.2fx".formatted(speed.fewerOperations()),
        "%.2fx".formatted(speed.speedUp()),
        "%.0f%%".formatted(100 * speed.speedUp() / speed.fewerOperations()));
  }
}
