package io.github.drprune.train;

import io.github.drprune.libtorch.Ops;
import io.github.drprune.model.CausalLm;
import io.github.drprune.nn.LossKernel.TokenLoss;
import io.github.drprune.nn.ModelMasks;
import org.bytedeco.pytorch.Tensor;

/** A forward and backward pass of the language-model loss. */
@FunctionalInterface
public interface GradientPass {
  /** Keeps all activations from the forward to the backward pass. */
  GradientPass DIRECT = GradientPass::direct;

  /**
   * Adds {@code scale} times the gradient of the mean loss to the gradients of the model's weights
   * and of the leaves behind {@code masks}; the loss returned is not differentiable any more.
   *
   * @param tokens [B, T]
   */
  TokenLoss run(CausalLm model, Tensor tokens, ModelMasks masks, double scale);

  private static TokenLoss direct(CausalLm model, Tensor tokens, ModelMasks masks, double scale) {
    TokenLoss loss = model.loss(tokens, masks);
    Ops.mul(loss.mean(), scale).backward();
    return loss;
  }
}
