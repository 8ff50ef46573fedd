package io.github.drprune.train;

import io.github.drprune.libtorch.Ops;
import io.github.drprune.model.CausalLm;
import io.github.drprune.nn.LossKernel.TokenLoss;
import io.github.drprune.nn.ModelMasks;
import io.github.drprune.nn.Targets;

/** A forward and backward pass of the language-model loss. */
@FunctionalInterface
public interface GradientPass {
  /** Keeps all activations from the forward to the backward pass. */
  GradientPass DIRECT = GradientPass::direct;

  /**
   * Adds {@code scale} times the gradient of the mean loss to the gradients of the model's weights
   * and of the leaves behind {@code masks}; the loss returned is not differentiable any more.
   *
   * @param targets at least one
   */
  TokenLoss run(CausalLm model, Targets targets, ModelMasks masks, double scale);

  private static TokenLoss direct(CausalLm model, Targets targets, ModelMasks masks, double scale) {
    TokenLoss loss = model.loss(targets, masks);
    Ops.mul(loss.mean(), scale).backward();
    return loss;
  }
}
