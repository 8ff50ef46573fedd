package io.github.drprune.run;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.drprune.json.Json;
import io.github.drprune.libtorch.RandomState;
import io.github.drprune.nn.ModelMasks;
import io.github.drprune.optim.ParameterGroup;
import io.github.drprune.prune.Lagrangian;
import io.github.drprune.prune.MaskDraw;
import io.github.drprune.prune.MaskSet;
import io.github.drprune.prune.MaskTensors;
import io.github.drprune.prune.MaskValues;
import io.github.drprune.prune.ShapeForecast;
import io.github.drprune.train.Objective;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;

/**
 * Pruning: masks are drawn once a step, their log alphas learned along with the weights, and the
 * multipliers of the constraint ascend. It owns masks, multipliers and random numbers.
 */
final class LearnedMasks implements Objective {
  /**
   * What is kept of it beside tensors.
   *
   * @param random state of the source of random numbers
   * @param forecast what is known of the masks' way to the target
   */
  private record Memory(byte[] random, ShapeForecast.State forecast) {}

  private final MaskSet masks;
  private final Lagrangian lagrangian;
  private final ShapeForecast forecast;
  private final RandomState random;
  private final Device device;
  private final double learningRate;
  private final long steps;

  /**
   * @param random source of the masks' noise
   * @param learningRate peak of log alphas and multipliers
   * @param steps of the run; evaluation after the last is of the model to cut
   */
  LearnedMasks(
      MaskSet masks,
      Lagrangian lagrangian,
      ShapeForecast forecast,
      RandomState random,
      Device device,
      double learningRate,
      long steps) {
    this.masks = masks;
    this.lagrangian = lagrangian;
    this.forecast = forecast;
    this.random = random;
    this.device = device;
    this.learningRate = learningRate;
    this.steps = steps;
  }

  @Override
  public List<ParameterGroup> groups() {
    return List.of(
        new ParameterGroup("masks", masks.parameters(), learningRate, 0, false),
        new ParameterGroup("multipliers", lagrangian.multipliers(), learningRate, 0, true));
  }

  @Override
  public SequencedMap<String, Tensor> tensors() {
    SequencedMap<String, Tensor> tensors = new LinkedHashMap<>(masks.parameters());
    tensors.putAll(lagrangian.multipliers());
    return tensors;
  }

  @Override
  public StepMasks draw(long step) {
    var draw = MaskDraw.of(masks, random);
    return new StepMasks() {
      @Override
      public ModelMasks masks() {
        return draw.masks();
      }

      @Override
      public void backward() {
        draw.backward(lagrangian.penalty(step));
      }
    };
  }

  @Override
  public void afterStep() {
    masks.clamp();
  }

  @Override
  public Optional<String> warning(long step) {
    return forecast.observe(step, masks.report());
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
            lagrangian.parameterTarget(step),
            lagrangian.parameterTarget(steps)));
  }

  @Override
  public List<RunEvent> events(long step) {
    return List.of(lagrangian.event(step));
  }

  @Override
  public JsonNode memory() {
    return Json.tree(new Memory(random.save(), forecast.state()));
  }

  @Override
  public void restore(JsonNode saved) {
    Memory memory = Json.convert(saved, Memory.class, "checkpoint");
    random.restore(memory.random());
    forecast.restore(memory.forecast());
  }

  @Override
  public void close() {
    masks.close();
    lagrangian.close();
    random.close();
  }
}
