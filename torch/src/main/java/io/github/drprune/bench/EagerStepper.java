package io.github.drprune.bench;

import io.github.drprune.config.RunConfig;
import io.github.drprune.distributed.ProcessGroup;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.model.CausalLm;
import io.github.drprune.optim.ParameterGroup;
import io.github.drprune.train.Learning;
import io.github.drprune.train.Objective;
import io.github.drprune.train.Objective.StepMasks;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.AdamWOptions;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** The library's own way: gradients are freed between steps, as is its default. */
final class EagerStepper implements Stepper {
  private final CausalLm model;
  private final Tensor tokens;
  private final double clip;
  private final TensorVector parameters;
  private final org.bytedeco.pytorch.AdamW optimizer;

  /**
   * @param learned all that any step is to learn
   * @param tokens [B, T]
   */
  EagerStepper(RunConfig config, CausalLm model, Objective learned, Tensor tokens) {
    this.model = model;
    this.tokens = tokens;
    this.clip = config.optimizer().gradientClip();
    List<Tensor> leaves = new ArrayList<>(Learning.weights(model).values());
    for (ParameterGroup group : learned.groups()) {
      leaves.addAll(group.parameters().values());
    }
    try (var _ = NativeScope.open()) {
      parameters = NativeScope.keep(new TensorVector(leaves.toArray(Tensor[]::new)));
      var options = new AdamWOptions(RATE);
      options.weight_decay().put(0.0);
      optimizer = NativeScope.keep(new org.bytedeco.pytorch.AdamW(parameters, options));
    }
  }

  @Override
  public void step(Objective objective) {
    try (var _ = NativeScope.open()) {
      optimizer.zero_grad();
      StepMasks masks = objective.draw(1);
      Tensor loss = model.loss(tokens, masks.masks()).mean();
      loss.backward();
      masks.backward(ProcessGroup.SINGLE);
      update();
      objective.afterStep(1);
      Stepper.requireFinite(loss.item_double());
    }
  }

  @Override
  public void update() {
    torch.clip_grad_norm_(parameters, clip);
    optimizer.step();
  }

  @Override
  public void close() {
    optimizer.close();
    parameters.close();
  }
}
