package io.github.drprune.train;

import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.Ops;
import io.github.drprune.model.CausalLm;
import io.github.drprune.nn.BlockWeights.Use;
import io.github.drprune.nn.KvCache.Past;
import io.github.drprune.nn.LossKernel.TokenLoss;
import io.github.drprune.nn.ModelMasks;
import io.github.drprune.nn.Targets;
import java.util.ArrayDeque;
import java.util.Deque;
import org.bytedeco.pytorch.Tensor;

/**
 * Activation checkpointing by block (arXiv 1604.06174): the forward pass keeps the blocks' inputs
 * alone, and the backward pass runs each block again. Masks must hang on leaves, as every block
 * walks back to them by itself.
 */
final class RecomputingPass implements GradientPass {
  @Override
  public TokenLoss run(CausalLm model, Targets targets, ModelMasks masks, double scale) {
    Tensor tokens = targets.tokens();
    Past past = Past.within(targets.segments());
    Deque<Tensor> inputs = new ArrayDeque<>(); // of blocks, the last on top
    try {
      Tensor output = forward(model, tokens, past, masks, inputs);
      TokenLoss loss;
      Tensor gradient; // of the output of the block at hand, [B, T, hidden]
      try (var scope = NativeScope.open()) {
        Tensor x = output.detach().set_requires_grad(true);
        loss = model.loss(targets, model.normalise(x, masks.hidden()));
        Ops.mul(loss.mean(), scale).backward();
        loss =
            new TokenLoss(
                scope.pass(loss.mean().detach()),
                scope.pass(loss.perToken()),
                loss.divergence() == null ? null : scope.pass(loss.divergence()));
        gradient = NativeScope.keep(x.grad().detach());
      } finally {
        output.close();
      }
      backward(model, tokens, past, masks, inputs, gradient);
      return loss;
    } finally {
      inputs.forEach(Tensor::close);
    }
  }

  /** Borrows the weights that {@link #run} would, for the other processes that share them. */
  static void borrow(CausalLm model) {
    model.borrowForward();
    for (int i = model.blocks().size() - 1; i >= 0; i--) {
      model.borrow(i, Use.BACKWARD).close();
    }
  }

  /** Returns the last block's output, which the caller closes, as it does {@code inputs}. */
  private static Tensor forward(
      CausalLm model, Tensor tokens, Past past, ModelMasks masks, Deque<Tensor> inputs) {
    try (var _ = NoGrad.open()) {
      Tensor x;
      try (var _ = NativeScope.open()) {
        x = NativeScope.keep(model.embed(tokens, masks.hidden()));
      }
      for (int i = 0; i < model.blocks().size(); i++) {
        inputs.push(x);
        try (var _ = NativeScope.open();
            var _ = model.borrow(i, Use.FORWARD)) {
          x = NativeScope.keep(model.blocks().get(i).forward(x, masks.block(i), past));
        }
      }
      return x;
    }
  }

  private static void backward(
      CausalLm model,
      Tensor tokens,
      Past past,
      ModelMasks masks,
      Deque<Tensor> inputs,
      Tensor outputGradient) {
    Tensor gradient = outputGradient;
    try {
      for (int i = model.blocks().size() - 1; i >= 0; i--) {
        try (var _ = NativeScope.open();
            var _ = model.borrow(i, Use.BACKWARD);
            var input = inputs.pop()) {
          Tensor x = input.detach().set_requires_grad(true);
          Ops.backward(model.blocks().get(i).forward(x, masks.block(i), past), gradient);
          gradient.close();
          gradient = NativeScope.keep(x.grad().detach());
        }
      }
      try (var _ = NativeScope.open()) {
        Ops.backward(model.embed(tokens, masks.hidden()), gradient);
      }
    } finally {
      gradient.close();
    }
  }
}
