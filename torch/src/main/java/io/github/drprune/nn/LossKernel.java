package io.github.drprune.nn;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The language-model head and its cross entropy. */
@FunctionalInterface
public interface LossKernel {
  /** One product and one softmax over all logits, the oracle of the others. */
  LossKernel REFERENCE = LossKernel::plain;

  /**
   * Losses in nats.
   *
   * @param mean over all predicted tokens, a differentiable scalar, float32
   * @param perToken [B, T - 1] float32, not differentiable; element t is the loss of token t + 1,
   *     zero where that is not predicted
   */
  record TokenLoss(Tensor mean, Tensor perToken) {}

  /**
   * Predicts {@code targets}, at least one.
   *
   * @param hidden [B, T, hidden], the final norm's output
   */
  TokenLoss loss(Tensor hidden, Head head, Targets targets);

  private static TokenLoss plain(Tensor hidden, Head head, Targets targets) {
    Tensor losses = crossEntropy(head.logits(targets.states(hidden)), targets.ids());
    return new TokenLoss(losses.mean(), targets.spread(losses.detach()));
  }

  /**
   * Losses in float32, [..], of logits [.., vocabulary]. Not by the library's {@code log_softmax},
   * whose sum over a large vocabulary is always too small: by 1e-5 of it for 150,000 words.
   */
  static Tensor crossEntropy(Tensor logits, Tensor targets) {
    Tensor wide = logits.to(ScalarType.Float);
    Tensor target = wide.gather(-1, targets.unsqueeze(-1)).squeeze(-1);
    return wide.logsumexp(-1).sub(target);
  }
}
