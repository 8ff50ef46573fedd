package io.github.drprune.prune;

import io.github.drprune.run.RunEvent;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.IntStream;

/** What a run's log says of its masks. */
public final class MaskEvents {
  /** Modules with more units than this are not shown unit by unit. */
  private static final int FEW_UNITS = 256;

  private MaskEvents() {}

  /** Where the masks stand after {@code step}, beside what is asked for. */
  public static RunEvent.Masks of(MaskSet masks, ScheduledSparsity wanted, long step) {
    Map<String, RunEvent.Module> modules = new LinkedHashMap<>();
    for (MaskModule module : masks.layout().modules()) {
      List<Double> rows = Arrays.stream(masks.expectedSparsity(module)).boxed().toList();
      double expected = rows.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
      OptionalDouble asked = wanted.of(module, step);
      boolean few = masks.layout().units(module) <= FEW_UNITS && module != MaskModule.HIDDEN;
      modules.put(
          module.toString(),
          new RunEvent.Module(
              expected,
              asked.isPresent() ? asked.getAsDouble() : null,
              rows,
              few ? keep(masks, module) : null));
    }
    return new RunEvent.Masks(step, modules);
  }

  private static List<List<Double>> keep(MaskSet masks, MaskModule module) {
    return Arrays.stream(masks.keepProbability(module))
        .map(row -> IntStream.range(0, row.length).mapToObj(i -> (double) row[i]).toList())
        .toList();
  }
}
