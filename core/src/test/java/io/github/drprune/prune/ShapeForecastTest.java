package io.github.drprune.prune;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.drprune.json.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongToDoubleFunction;
import org.junit.jupiter.api.Test;

/**
 * Replays runs on a model with hidden 256, 8 layers, 8 heads and intermediate 704 towards half of
 * each (6 layers), as they were recorded every few steps.
 */
class ShapeForecastTest {
  private static final Map<MaskModule, int[]> SIZES =
      Map.of(
          MaskModule.HIDDEN, new int[] {256, 128},
          MaskModule.HEAD, new int[] {8, 4},
          MaskModule.INTERMEDIATE, new int[] {704, 352},
          MaskModule.LAYER, new int[] {8, 6});

  /** Linear warmup over a tenth, then a cosine to a tenth. */
  private static LongToDoubleFunction schedule(double peak, long steps) {
    return step -> {
      double warmup = 0.1 * steps;
      return step < warmup
          ? peak * step / warmup
          : peak * (0.55 + 0.45 * Math.cos(Math.PI * (step - warmup) / (steps - warmup)));
    };
  }

  private record Warned(long step, String text) {}

  private static List<Warned> replay(
      int steps, double learningRate, int every, Map<MaskModule, double[]> expected) {
    return replay(steps, learningRate, steps / 5, every, SIZES, expected);
  }

  private static List<Warned> replay(
      int steps,
      double learningRate,
      int rise,
      int every,
      Map<MaskModule, int[]> all,
      Map<MaskModule, double[]> expected) {
    var forecast =
        new ShapeForecast(new SparsitySchedule(0, rise), steps, schedule(learningRate, steps));
    List<Warned> warnings = new ArrayList<>();
    for (int step = 1; step <= steps; step++) {
      List<ShapeReport.Gap> gaps = new ArrayList<>();
      for (var module : expected.entrySet()) {
        int[] sizes = all.get(module.getKey());
        double now = at(module.getValue(), (double) step / every, sizes[0]);
        gaps.add(new ShapeReport.Gap(module.getKey(), sizes[0], sizes[1], new double[] {now}));
      }
      Optional<String> warning = forecast.observe(step, new ShapeReport(gaps));
      int at = step;
      warning.ifPresent(text -> warnings.add(new Warned(at, text)));
      if (step % 7 == 0) { // as by a run that was interrupted: nothing may change
        var state = forecast.state();
        forecast =
            new ShapeForecast(new SparsitySchedule(0, rise), steps, schedule(learningRate, steps));
        forecast.restore(Json.read(Json.line(state), ShapeForecast.State.class, "state"));
      }
    }
    return warnings;
  }

  /** Between records, of which the one at 0 keeps all. */
  private static double at(double[] records, double position, double all) {
    int before = (int) position;
    double from = before == 0 ? all : records[Math.min(before, records.length) - 1];
    double to = records[Math.min(before, records.length - 1)];
    return from + (position - before) * (to - from);
  }

  @Test
  void keepsQuietOnARunThatArrives() {
    assertThat(
            replay(
                600,
                1,
                20,
                Map.of(
                    MaskModule.HIDDEN,
                    new double[] {
                      253.8, 232.2, 166.2, 151.5, 175.0, 155.4, 123.3, 108.5, 127.5, 131.8, 129.9,
                      125.7, 133.8, 127.3, 127.0, 129.4, 127.0, 127.5, 128.8, 127.1, 127.7, 128.9,
                      127.3, 127.4, 129.4, 128.1, 127.4, 127.5, 129.0, 128.0
                    },
                    MaskModule.HEAD,
                    new double[] {
                      7.9, 4.4, 7.2, 6.7, 4.2, 3.8, 4.0, 4.1, 4.0, 3.9, 4.0, 4.1, 4.0, 3.9, 4.0
                    },
                    MaskModule.LAYER,
                    new double[] {
                      7.9, 5.8, 6.7, 8.0, 6.6, 5.1, 6.0, 6.1, 6.1, 5.8, 6.0, 6.0, 5.9, 6.1, 5.9,
                      6.0, 6.1, 5.8, 6.0, 6.0, 5.8, 6.0, 6.1, 6.0, 5.8, 6.0
                    })))
        .isEmpty();
  }

  @Test
  void keepsQuietWhereTheTargetComesToTheMasks() {
    assertThat(
            replay(
                150,
                2,
                105,
                20,
                Map.of(MaskModule.HIDDEN, new int[] {128, 96}),
                Map.of(
                    MaskModule.HIDDEN,
                    new double[] {91.8, 127.7, 93.9, 99.8, 98.6, 96.4, 96.4, 96.4})))
        .isEmpty();
  }

  @Test
  void warnsByAThirdOfARunTooShortToSettle() {
    List<Warned> warnings =
        replay(
            100,
            1,
            10,
            Map.of(
                MaskModule.HIDDEN,
                new double[] {249.3, 196.5, 160.5, 130.2, 113.4, 97.9, 89.9, 85.8, 83.7, 82.5},
                MaskModule.HEAD,
                new double[] {7.7, 3.7, 2.6, 2.2, 3.4, 4.2, 4.1, 4.4, 4.1, 4.1},
                MaskModule.INTERMEDIATE,
                new double[] {679.0, 351.2, 249.1, 209.3, 239.9, 295.9, 379.5, 366.3, 362.8, 368.5},
                MaskModule.LAYER,
                new double[] {7.8, 5.7, 4.0, 4.2, 6.3, 7.2, 6.6, 6.3, 6.2, 6.1}));

    assertThat(warnings.getFirst().step()).isLessThanOrEqualTo(33);
    assertThat(warnings.getFirst().text())
        .contains("head swings around its target, 2.6 of 8 for 4.0 (take more steps)");
    assertThat(warnings.stream().filter(warning -> warning.text().contains("hidden"))).hasSize(1);
  }

  @Test
  void warnsByAThirdOfARunThatIsTooSlow() {
    List<Warned> warnings =
        replay(
            100,
            0.05,
            10,
            Map.of(
                MaskModule.HIDDEN,
                new double[] {
                  255.4, 255.3, 255.1, 255.1, 255.1, 255.1, 255.1, 255.1, 255.1, 255.1
                }));

    assertThat(warnings).hasSize(1);
    assertThat(warnings.getFirst().step()).isLessThanOrEqualTo(33);
    assertThat(warnings.getFirst().text())
        .contains("hidden keeps 255.1 of 256 and at this pace", "raise the mask learning rate");
  }

  @Test
  void remembersModulesThatKeepAll() {
    var forecast = new ShapeForecast(new SparsitySchedule(0, 10), 100, _ -> 1);
    var all = new ShapeReport.Gap(MaskModule.HEAD, 8, 4, new double[] {8});
    forecast.observe(1, new ShapeReport(List.of(all)));
    var state = forecast.state();
    assertThat(Json.read(Json.line(state), ShapeForecast.State.class, "state")).isEqualTo(state);
  }

  @Test
  void warnsOfASparsityThatIsTooSlow() {
    var forecast = new ShapeForecast(new SparsitySchedule(0, 10), 100, _ -> 0.01);
    List<String> warnings = new ArrayList<>();
    for (int step = 1; step <= 100; step++) {
      var gap = new ShapeReport.Gap(ShapeReport.SPARSITY, 1, 0.001, new double[] {0.995});
      forecast.observe(step, new ShapeReport(List.of(gap))).ifPresent(warnings::add);
    }
    assertThat(warnings)
        .singleElement()
        .asString()
        .contains("sparsity is 0.005 and at this pace 0.005 at the end, target 0.999");
  }

  @Test
  void warnsAtOnceOfAWarmupLongerThanTheRun() {
    var forecast = new ShapeForecast(new SparsitySchedule(0, 640), 100, _ -> 1);
    assertThat(forecast.observe(1, new ShapeReport(List.of())).orElseThrow())
        .contains("rises over 640 steps and the run has 100");
  }
}
