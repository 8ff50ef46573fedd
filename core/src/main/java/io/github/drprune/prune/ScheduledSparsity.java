package io.github.drprune.prune;

import io.github.drprune.model.ModelShape;
import io.github.drprune.model.ModelSpec;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.OptionalDouble;
import java.util.SequencedMap;

/**
 * The sparsities asked for at each step: one of every masked module where the target is a shape,
 * and in any case that over all prunable parameters.
 */
public final class ScheduledSparsity {
  private final SparsitySchedule schedule;
  private final SequencedMap<MaskModule, Double> modules; // empty for a plain sparsity
  private final double parameters;

  private ScheduledSparsity(
      SparsitySchedule schedule, SequencedMap<MaskModule, Double> modules, double parameters) {
    this.schedule = schedule;
    this.modules = Collections.unmodifiableSequencedMap(modules);
    this.parameters = parameters;
  }

  /** The way from the whole model to {@code target}. */
  public static ScheduledSparsity of(
      MaskLayout layout, PruningTarget target, SparsitySchedule schedule) {
    SequencedMap<MaskModule, Double> modules = new LinkedHashMap<>();
    return switch (target) {
      case TargetSparsity wanted -> new ScheduledSparsity(schedule, modules, wanted.sparsity());
      case TargetShape(ModelShape shape) -> {
        ModelSpec cut = layout.targetConfig(shape);
        for (MaskModule module : layout.modules()) {
          modules.put(module, 1 - (double) layout.kept(module, cut) / layout.units(module));
        }
        yield new ScheduledSparsity(schedule, modules, layout.sparsity(cut));
      }
    };
  }

  /** The modules' sparsities in the end; empty where only that of the parameters is asked for. */
  public SequencedMap<MaskModule, Double> modules() {
    return modules;
  }

  /** What is asked of {@code module} at {@code step}, where anything is. */
  public OptionalDouble of(MaskModule module, long step) {
    Double wanted = modules.get(module);
    return wanted == null ? OptionalDouble.empty() : OptionalDouble.of(schedule.at(step, wanted));
  }

  /** What is asked over all prunable parameters at {@code step}. */
  public double ofParameters(long step) {
    return schedule.at(step, parameters);
  }
}
