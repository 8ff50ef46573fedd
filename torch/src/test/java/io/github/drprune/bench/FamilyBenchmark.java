package io.github.drprune.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.drprune.libtorch.LibTorch;
import io.github.drprune.libtorch.Precision;
import io.github.drprune.model.ConfigReader;
import io.github.drprune.model.ModelFamily;
import io.github.drprune.model.ModelShape;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.model.NewModel;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.SequencedMap;

/**
 * Times models of one shape of every family in turn, round by round, and prints medians over
 * Llama's: processor time of one thread, which other work disturbs less. Arguments: bf16 or fp32,
 * rounds.
 */
public final class FamilyBenchmark {
  private static final ModelShape SHAPE = new ModelShape(256, 4, 8, 4, 704);
  private static final int VOCABULARY = 4096;
  private static final int LENGTH = 512;
  private static final int WINDOW = 128;
  private static final List<Workload> WORKLOADS =
      List.of(Workload.TRAIN, Workload.PRUNE, Workload.EVALUATE, Workload.GENERATE);

  private static final ThreadMXBean CLOCK = ManagementFactory.getThreadMXBean();

  private FamilyBenchmark() {}

  public static void main(String[] args) {
    var precision = Precision.valueOf(args[0].toUpperCase(Locale.ROOT));
    int rounds = Integer.parseInt(args[1]);
    LibTorch.useThreads(1);
    SequencedMap<String, Contender> contenders = new LinkedHashMap<>();
    models().forEach((name, spec) -> contenders.put(name, contender(spec, precision)));
    double[][] medians = new double[WORKLOADS.size()][];
    for (int i = 0; i < medians.length; i++) {
      medians[i] = medians(WORKLOADS.get(i), List.copyOf(contenders.values()), rounds);
    }
    List<String> names = List.copyOf(contenders.keySet());
    System.out.print("seconds of llama:");
    Arrays.stream(medians).forEach(each -> System.out.printf(" %.3f", each[0]));
    System.out.println("\n| model | " + String.join(" | ", words()) + " |");
    System.out.println("| --- |" + " --- |".repeat(medians.length));
    for (int i = 0; i < names.size(); i++) {
      var row = new StringBuilder("| " + names.get(i));
      for (double[] seconds : medians) {
        row.append(" | %.2f".formatted(seconds[i] / seconds[0]));
      }
      System.out.println(row.append(" |"));
    }
    contenders.values().forEach(Contender::close);
  }

  /** Llama first. */
  private static SequencedMap<String, ModelSpec> models() {
    SequencedMap<String, ModelSpec> models = new LinkedHashMap<>();
    for (ModelFamily family : ModelFamily.ALL) {
      String type = family.modelType();
      ModelSpec spec = NewModel.of(type, shape(type), VOCABULARY, LENGTH);
      if (spec.attention().hasWindows()) {
        models.put(type + ", windows", windowed(spec));
      } else {
        models.put(type, spec);
      }
    }
    models.put("mistral, windows", windowed(models.get("mistral")));
    models.putFirst("llama", models.get("llama"));
    return models;
  }

  private static ModelShape shape(String type) {
    // GPT-NeoX has no shared key/value heads.
    int kvHeads = type.equals("gpt_neox") ? SHAPE.heads() : SHAPE.kvHeads();
    return new ModelShape(
        SHAPE.hiddenSize(), SHAPE.layers(), SHAPE.heads(), kvHeads, SHAPE.intermediateSize());
  }

  private static ModelSpec windowed(ModelSpec spec) {
    ObjectNode json = spec.toJson().put("sliding_window", WINDOW);
    return ConfigReader.parse(json.toString(), "shape");
  }

  private static Contender contender(ModelSpec spec, Precision precision) {
    var options =
        new BenchOptions(
            spec, LibTorch.device("cpu"), precision, WORKLOADS, 2, LENGTH, 64, 1, false, false);
    return new Contender(options, false);
  }

  private static double[] medians(Workload workload, List<Contender> contenders, int rounds) {
    double[][] seconds = new double[contenders.size()][rounds];
    for (int round = -2; round < rounds; round++) { // two to warm up
      for (int i = 0; i < contenders.size(); i++) {
        Contender contender = contenders.get(i);
        long before = CLOCK.getCurrentThreadCpuTime();
        contender.run(workload);
        if (round >= 0) {
          seconds[i][round] = (CLOCK.getCurrentThreadCpuTime() - before) / 1e9;
        }
      }
    }
    return Arrays.stream(seconds).mapToDouble(Bench::median).toArray();
  }

  private static List<String> words() {
    List<String> words = new ArrayList<>();
    WORKLOADS.forEach(workload -> words.add(workload.toString()));
    return words;
  }
}
