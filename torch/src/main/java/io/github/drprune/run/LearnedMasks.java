package io.github.drprune.run;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.drprune.distributed.ProcessGroup;
import io.github.drprune.json.Json;
import io.github.drprune.libtorch.RandomState;
import io.github.drprune.nn.ModelMasks;
import io.github.drprune.optim.ParameterGroup;
import io.github.drprune.prune.MaskConstraint;
import io.github.drprune.prune.MaskDraw;
import io.github.drprune.prune.MaskEvents;
import io.github.drprune.prune.MaskSet;
import io.github.drprune.prune.MaskTensors;
import io.github.drprune.prune.MaskValues;
import io.github.drprune.prune.ShapeForecast;
import io.github.drprune.train.Objective;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;

/**
 * Pruning: masks are drawn once a step, their log alphas are learned along with the weights, and a
 * constraint holds them to the sparsity asked for. It owns masks, constraint and random numbers.
 */
final class LearnedMasks implements Objective {
  /**
   * What is kept of it beside tensors.
   *
   * @param random state of the source of random numbers
   * @param forecast what is known of the masks' way to the target; null where none is made
   */
  private record Memory(byte[] random, ShapeForecast.State forecast) {}

  private final MaskSet masks;
  private final MaskConstraint constraint;
  private final Optional<ShapeForecast> forecast;
  private final RandomState random;
  private final Device device;
  private final double learningRate;
  private final long steps;

  /**
   * @param forecast warns of a target that will be missed, where that can be
   * @param random source of the masks' noise
   * @param learningRate peak of log alphas and multipliers
   * @param steps of the run; evaluation after the last is of the model to cut
   */
  LearnedMasks(
      MaskSet masks,
      MaskConstraint constraint,
      Optional<ShapeForecast> forecast,
      RandomState random,
      Device device,
      double learningRate,
      long steps) {
    this.masks = masks;
    this.constraint = constraint;
    this.forecast = forecast;
    this.random = random;
    this.device = device;
    this.learningRate = learningRate;
    this.steps = steps;
    constraint.after(0);
  }

  @Override
  public List<ParameterGroup> groups() {
    List<ParameterGroup> groups = new ArrayList<>();
    groups.add(new ParameterGroup("masks", masks.parameters(), learningRate, 0, false));
    if (!constraint.multipliers().isEmpty()) {
      groups.add(
          new ParameterGroup("multipliers", constraint.multipliers(), learningRate, 0, true));
    }
    return groups;
  }

  @Override
  public SequencedMap<String, Tensor> tensors() {
    SequencedMap<String, Tensor> tensors = new LinkedHashMap<>(masks.parameters());
    tensors.putAll(constraint.multipliers());
    return tensors;
  }

  @Override
  public StepMasks draw(long step) {
    var draw = MaskDraw.of(masks, constraint, step, random);
    return new StepMasks() {
      @Override
      public ModelMasks masks() {
        return draw.masks();
      }

      @Override
      public void backward(ProcessGroup processes) {
        draw.backward(constraint.penalty(step), processes);
      }
    };
  }

  @Override
  public void afterStep(long step) {
    constraint.after(step);
  }

  @Override
  public Optional<String> warning(long step) {
    return forecast.flatMap(known -> known.observe(step, masks.report()));
  }

  @Override
  public ModelMasks evaluationMasks(long step) {
    return MaskTensors.of(step == steps ? cut() : masks.deterministicExpected(), device);
  }

  /** What the cut does that the masks did not ask for, where there is much of it. */
  Optional<String> gap() {
    return masks.report().warning();
  }

  /** The masks of the model to cut. */
  MaskValues cut() {
    return masks.deterministicExact();
  }

  @Override
  public Optional<Sparsity> sparsity(long step) {
    return Optional.of(
        new Sparsity(
            masks.expectedSparsity(),
            constraint.wanted().ofParameters(step),
            constraint.wanted().ofParameters(steps)));
  }

  @Override
  public List<RunEvent> events(long step) {
    return List.of(MaskEvents.of(masks, constraint.wanted(), step));
  }

  @Override
  public JsonNode memory() {
    return Json.tree(new Memory(random.save(), forecast.map(ShapeForecast::state).orElse(null)));
  }

  @Override
  public void restore(JsonNode saved) {
    Memory memory = Json.convert(saved, Memory.class, "checkpoint");
    random.restore(memory.random());
    forecast.ifPresent(known -> known.restore(memory.forecast()));
  }

  @Override
  public void close() {
    masks.close();
    constraint.close();
    random.close();
  }
}
