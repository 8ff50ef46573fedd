package io.github.drprune.nn;

import io.github.drprune.libtorch.Ops;
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
   * @param perToken [B, T - 1] float32, not differentiable; element t is the loss of token t + 1
   */
  record TokenLoss(Tensor mean, Tensor perToken) {}

  /**
   * Predicts each token of a row but the first.
   *
   * @param hidden [B, T, hidden], the final norm's output
   * @param head [vocabulary, hidden], of any type: rounded to that of {@code hidden} where that is
   *     narrower
   * @param tokens [B, T], int64
   */
  TokenLoss loss(Tensor hidden, Tensor head, Tensor tokens);

  private static TokenLoss plain(Tensor hidden, Tensor head, Tensor tokens) {
    long predicted = tokens.size(1) - 1;
    Tensor logits = Ops.linear(hidden.narrow(1, 0, predicted), head.to(hidden.scalar_type()), null);
    Tensor perToken = crossEntropy(logits, tokens.narrow(1, 1, predicted));
    return new TokenLoss(perToken.mean(), perToken.detach());
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
