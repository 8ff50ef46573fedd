package io.github.drprune.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.drprune.nn.Kernels;
import io.github.drprune.train.StopSignal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whole runs whose masks are held exactly: at every step, of every module and row, the sparsity
 * that is expected is the one asked for, however few steps there are. {@code -Dexact.steps=2000}
 * makes longer ones.
 */
class ExactRunTest {
  private static final double TOLERANCE = 0.005;

  @TempDir private Path folder;

  static Stream<Arguments> runs() {
    return Arrays.stream(System.getProperty("exact.steps", "40").split(","))
        .map(Integer::valueOf)
        .flatMap(
            steps ->
                Stream.of(
                    Arguments.of(steps, "mask_modules=[hidden,head,intermediate,layer]"),
                    Arguments.of(steps, "mask_modules=[hidden,head,intermediate,head_layer,mlp]"),
                    Arguments.of(steps, "mask_learning_rate=20")));
  }

  @ParameterizedTest
  @MethodSource("runs")
  void everyModuleIsWhereItShouldBeAtEveryStep(int steps, String set) throws Exception {
    var tiny = new TinyRun(folder.resolve("source"));
    List<RunEvent> events = new ArrayList<>();
    Path output = folder.resolve("run");
    runner(events)
        .prune(
            tiny.prune(output, "steps=" + steps, set, "evaluation_interval=1", FEW, RARE, PLAIN));
    List<RunEvent.Masks> masks = of(RunEvent.Masks.class, events);
    assertThat(masks).hasSizeGreaterThanOrEqualTo(steps);
    for (RunEvent.Masks event : masks) {
      event
          .modules()
          .forEach(
              (name, module) ->
                  assertThat(module.rows())
                      .as("%s at step %d", name, event.step())
                      .allSatisfy(
                          row -> assertThat(row).isCloseTo(module.target(), within(TOLERANCE))));
    }
    assertThat(masks.getLast().modules().get("hidden").target()).isCloseTo(0.5, within(1e-9));
    assertThat(of(RunEvent.Warning.class, events)).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("runs")
  void aSparsityOfAllModulesIsMet(int steps, String set) throws Exception {
    var tiny = new TinyRun(folder.resolve("source"));
    List<RunEvent> events = new ArrayList<>();
    Path output = folder.resolve("run");
    runner(events)
        .prune(
            tiny.pruneTo(output, "target.sparsity=0.6", "steps=" + steps, set, FEW, RARE, PLAIN));
    assertThat(of(RunEvent.Train.class, events))
        .hasSize(steps)
        .allSatisfy(
            step ->
                assertThat(step.expectedSparsity())
                    .as("step %d", step.step())
                    .isCloseTo(step.targetSparsity(), within(TOLERANCE)));
    assertThat(of(RunEvent.Train.class, events).getLast().targetSparsity()).isEqualTo(0.6);
    assertThat(of(RunEvent.Warning.class, events)).isEmpty();
  }

  private static final String PLAIN = "domains.strategy=constant"; // nothing to be warned of
  private static final String FEW = "evaluation_sequences=1";
  private static final String RARE = "checkpoint_interval=100000";

  private static Runner runner(List<RunEvent> events) {
    return new Runner((_, _) -> Kernels.REFERENCE, List.of(events::add), new StopSignal());
  }

  private static <T extends RunEvent> List<T> of(Class<T> type, List<RunEvent> events) {
    return events.stream().filter(type::isInstance).map(type::cast).toList();
  }
}
