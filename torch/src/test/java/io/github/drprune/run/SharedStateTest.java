package io.github.drprune.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.drprune.config.Sharding;
import io.github.drprune.error.UserException;
import io.github.drprune.libtorch.Precision;
import io.github.drprune.model.ConfigReader;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.plan.Cluster;
import io.github.drprune.plan.Planner;
import io.github.drprune.plan.RunPlan;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SharedStateTest {
  private static final String START = "<!-- memory: made by SharedStateTest -->\n\n";
  private static final String END = "\n<!-- end of memory -->\n";
  private static final int[] PROCESSES = {1, 4, 8, 16, 64};
  private static final double GB = 1e9;

  /** Left for activations and what else a process has. */
  private static final double ROOM = 4 * GB;

  @TempDir private Path folder;

  /** 10 parameters in each of 4 blocks and 20 beside them; 4 bytes a number. */
  @Test
  void countsWhatEachProcessHoldsAndSends() {
    assertState(Sharding.NONE, 1, 4 * 240, 0);
    assertState(Sharding.NONE, 2, 4 * 240, 4 * 60);
    // All weights and gradients, and half of both moments.
    assertState(Sharding.OPTIMIZER, 2, 4 * (120 + 60), 4 * 60);
    // 160 / 2 of blocks, 40 + 40 / 2 beside them, two blocks of weights and of gradients.
    assertState(Sharding.FULL, 2, 4 * (80 + 60 + 40), 4 * (120 + 40) / 2);
    // The same in each of two copies, and the sums of half the gradients from one to the other.
    assertState(Sharding.HYBRID, 4, 4 * (80 + 60 + 40), 4 * ((120 + 40) / 2 + 30));
  }

  private static void assertState(Sharding sharding, int processes, long bytes, long sent) {
    var state = new SharedState(40, 10, 20, sharding, processes, sharding.perCopy(processes, 2));
    assertThat(state.bytes()).as("%s of %d", sharding, processes).isEqualTo(bytes);
    assertThat(state.bytesSent(1, Precision.FP32))
        .as("%s of %d", sharding, processes)
        .isEqualTo(sent);
  }

  /** What is beside blocks 40 + 40 / 8, and all blocks with one more for the first process. */
  @Test
  void theFirstProcessHasTheWholeModelAtTheBeginningAndTheEnd() {
    var state = new SharedState(400, 10, 20, Sharding.FULL, 8, 8);
    assertThat(state.bytes()).isEqualTo(4 * (400 + 45 + 10));
    assertThat(state.bytesOfAnother()).isEqualTo(4 * (200 + 45 + 40));
  }

  /** Blocks are fetched twice a pass in the type that it computes in. */
  @Test
  void bf16HalvesWhatIsFetched() {
    var state = new SharedState(40, 10, 20, Sharding.FULL, 2, 2);
    assertThat(state.bytesSent(3, Precision.FP32) - state.bytesSent(3, Precision.BF16))
        .isEqualTo(3 * 2 * 2 * 40 / 2);
  }

  @Test
  void plansARunOfSeveralProcesses() throws Exception {
    var tiny = new TinyRun(folder.resolve("source"));
    Path output = folder.resolve("run");
    RunPlan alone = new Planner().train(tiny.train(output, "steps=2"));
    RunPlan shared =
        new Planner(new Cluster(2, Optional.of(Sharding.OPTIMIZER), Optional.empty(), 1e9))
            .train(tiny.train(output, "steps=2"));
    long parameters = alone.source().parameters();
    assertThat(alone.sentBytes()).isZero();
    assertThat(shared.processes()).isEqualTo(2);
    assertThat(shared.sentBytes()).isEqualTo(4 * 2 * parameters / 2);

    assertThatThrownBy(
            () -> new Planner(cluster(13 * parameters)).train(tiny.train(output, "steps=2")))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("sharding=optimizer in 2 processes");
    assertThatThrownBy(() -> new Planner(cluster(parameters)).train(tiny.train(output, "steps=2")))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("take machines with more memory");
  }

  /** Two processes with {@code memory} bytes each. */
  private static Cluster cluster(long memory) {
    return new Cluster(2, Optional.empty(), Optional.of(memory), 1e9);
  }

  /** With the system property {@code docs.write} set to true the table is written instead. */
  @Test
  void thePageHasTheTable() throws IOException {
    Path file = Path.of(System.getProperty("basedir", ".")).resolve("../docs/many-processes.md");
    String text = Files.readString(file);
    assertThat(text).contains(START, END);
    String made =
        text.substring(0, text.indexOf(START) + START.length())
            + table()
            + text.substring(text.indexOf(END));
    if (Boolean.getBoolean("docs.write")) {
      Files.writeString(file, made);
    }
    assertThat(file)
        .withFailMessage("stale: run mvn -pl torch test -Dtest=SharedStateTest -Ddocs.write=true")
        .hasContent(made);
  }

  private static String table() {
    var table = new StringBuilder("| model | sharding |");
    IntStream.of(PROCESSES).forEach(count -> table.append(" %d |".formatted(count)));
    table.append("\n| --- | --- |").append(" --- |".repeat(PROCESSES.length)).append('\n');
    table.append(rows("Llama 7B (prune)", llama(4096, 32, 32, 11008)));
    table.append(rows("1.3B (train)", llama(2048, 24, 16, 5504)));
    table.append(rows("Llama 13B (prune)", llama(5120, 40, 40, 13824)));
    table.append(rows("2.7B (train)", llama(2560, 32, 20, 6912)));
    return table.toString();
  }

  private static String rows(String name, ModelSpec spec) {
    var rows = new StringBuilder();
    for (Sharding sharding : Sharding.values()) {
      String called = sharding.name().toLowerCase(Locale.ROOT);
      if (sharding.fetchesBlocks()) {
        rows.append(row(name, called + ", the first", spec, sharding, SharedState::bytes));
      }
      rows.append(row(name, called, spec, sharding, SharedState::bytesOfAnother));
    }
    return rows.toString();
  }

  private static String row(
      String name,
      String called,
      ModelSpec spec,
      Sharding sharding,
      ToLongFunction<SharedState> bytes) {
    return "| %s | %s | %s |\n"
        .formatted(
            name,
            called,
            IntStream.of(PROCESSES)
                .mapToObj(count -> cell(bytes.applyAsLong(state(spec, sharding, count))))
                .collect(Collectors.joining(" | ")));
  }

  /** With eight processes to a machine. */
  private static SharedState state(ModelSpec spec, Sharding sharding, int count) {
    return SharedState.of(spec, sharding, count, sharding.perCopy(count, 8));
  }

  private static String cell(double bytes) {
    String device =
        IntStream.of(24, 40, 80)
            .filter(size -> bytes + ROOM <= size * GB)
            .mapToObj(size -> " (" + size + ")")
            .findFirst()
            .orElse("");
    return String.format(Locale.ROOT, "%.0f%s", bytes / GB, device);
  }

  private static ModelSpec llama(int hidden, int layers, int heads, int intermediate) {
    return ConfigReader.parse(
        """
        {"model_type": "llama", "hidden_size": %d, "num_hidden_layers": %d,
         "num_attention_heads": %d, "intermediate_size": %d, "vocab_size": 32000,
         "max_position_embeddings": 4096}
        """
            .formatted(hidden, layers, heads, intermediate),
        "config.json");
  }
}
