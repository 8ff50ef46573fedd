package io.github.drprune.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.drprune.config.Sharding;
import io.github.drprune.json.Json;
import io.github.drprune.launch.Launch;
import io.github.drprune.launch.LaunchListener;
import io.github.drprune.launch.Launcher;
import io.github.drprune.libtorch.LibTorch;
import io.github.drprune.run.SharedState;
import io.github.drprune.train.RankFigures.Figures;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Memory and speed of processes that share a step, on a machine that does nothing else. */
class RankFiguresTest {
  private static final double MB = 1e6;

  /** Turns that the ways to compute take. */
  private static final int ROUNDS = 5;

  /** Of a process in a turn. */
  private static final int STEPS = 4;

  /** The shardings to measure are named by the property rank.memory, such as none,full. */
  @ParameterizedTest
  @EnumSource(Sharding.class)
  void memoryIsAsPlanned(Sharding sharding) throws Exception {
    assumeTrue(
        System.getProperty("rank.memory", "").contains(sharding.name().toLowerCase(Locale.ROOT)),
        "rank.memory does not name it: takes minutes");
    boolean recomputing = sharding.fetchesBlocks();
    long alone = peak(measure(1, Sharding.NONE, recomputing, 1, 1, 1, 0));
    for (int ranks : new int[] {2, 4}) {
      var state =
          SharedState.of(
              RankFigures.shape(), sharding, ranks, sharding.perCopy(ranks, RankFigures.GROUP));
      long beside = alone - state.alone().bytes() + state.bytesOfConnections();
      long planned = beside + state.bytes();
      Map<Integer, Figures> figures = measure(ranks, sharding, recomputing, ranks, 1, 1, 0);
      long held = figures.values().stream().mapToLong(Figures::held).max().orElseThrow();
      print(
          "%s on %d: state %.0f MB planned, %.0f held; peak %.0f planned, %.0f measured",
          sharding, ranks, state.bytes() / MB, held / MB, planned / MB, peak(figures) / MB);
      assertThat((double) peak(figures)).isCloseTo(planned, withinPercentage(10));
    }
  }

  private static long peak(Map<Integer, Figures> figures) {
    return figures.values().stream().mapToLong(Figures::peak).max().orElseThrow();
  }

  /** Two processes of a thread each against one of two threads, in turn. */
  @Test
  void twoProcessesAreAsFastAsTwoThreads() throws Exception {
    assumeTrue(Boolean.getBoolean("rank.speed"), "rank.speed is not set: takes minutes");
    var ratios = new double[ROUNDS];
    var hidden = new double[ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
      Figures threads = measure(1, Sharding.OPTIMIZER, false, 8, 2, STEPS, STEPS).get(0);
      Map<Integer, Figures> both = measure(2, Sharding.OPTIMIZER, false, 8, 1, STEPS, STEPS);
      Figures processes = both.get(0);
      ratios[round] = median(threads.stepSeconds()) / median(processes.stepSeconds());
      double sum = median(processes.sumSeconds());
      hidden[round] = 1 - median(exposed(both.get(0), both.get(1))) / sum;
      print(
          "round %d: a step %.2f s by threads, %.2f s by processes (%.0f %%); sums %.0f ms, %.0f %%"
              + " hidden",
          round,
          median(threads.stepSeconds()),
          median(processes.stepSeconds()),
          100 * ratios[round],
          1000 * sum,
          100 * hidden[round]);
    }
    print("median: %.0f %%, %.0f %% hidden", 100 * median(ratios), 100 * median(hidden));
    assertThat(median(ratios)).isGreaterThan(0.9);
  }

  /** Seconds in which the process that came last waited: the other one's are for that one too. */
  private static double[] exposed(Figures one, Figures other) {
    return IntStream.range(0, STEPS)
        .mapToDouble(i -> Math.min(one.exposedSeconds()[i], other.exposedSeconds()[i]))
        .toArray();
  }

  private static void print(String format, Object... values) {
    System.out.println(String.format(Locale.ROOT, format, values));
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }

  @BeforeAll
  static void loadLibraries() {
    LibTorch.useThreads(1);
  }

  /** What each of {@code ranks} processes measured. */
  private static Map<Integer, Figures> measure(
      int ranks, Sharding sharding, boolean recomputing, int rows, int threads, int steps, int sums)
      throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("-XX:+UseSerialGC");
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(RankFigures.class.getName());
    for (Object argument : new Object[] {sharding, recomputing, rows, threads, steps, sums}) {
      command.add(argument.toString());
    }
    var heard = new Heard();
    var launch = new Launch(command, ranks, ranks, 0, Duration.ofMinutes(5));
    assertThat(new Launcher(launch, heard).run()).as(heard.said::toString).isZero();
    assertThat(heard.figures).hasSize(ranks);
    return heard.figures;
  }

  private static final class Heard implements LaunchListener {
    private final Map<Integer, Figures> figures = new TreeMap<>();
    private final StringBuilder said = new StringBuilder();

    @Override
    public synchronized void output(int rank, String line) {
      if (line.startsWith(RankFigures.FIGURES)) {
        figures.put(
            rank,
            Json.read(line.substring(RankFigures.FIGURES.length()), Figures.class, "a process"));
      }
    }

    @Override
    public synchronized void error(int rank, String line) {
      said.append(rank).append(": ").append(line).append('\n');
    }

    @Override
    public void failed(int rank, int exitCode, int again) {}
  }
}
