package io.github.drprune.nn;

import io.github.drprune.libtorch.Ops;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The language-model head, its cross entropy and its divergence from a teacher. */
@FunctionalInterface
public interface LossKernel {
  /** One product and one softmax over all logits, the oracle of the others. */
  LossKernel REFERENCE = LossKernel::plain;

  /**
   * Losses in nats.
   *
   * @param mean over all predicted tokens, a differentiable scalar, float32: of the cross entropy,
   *     or with a teacher of its mixture with the divergence
   * @param perToken the cross entropy, [B, T - 1] float32, not differentiable; element t is that of
   *     token t + 1, zero where that is not predicted
   * @param divergence from the teacher, {@code T^2 KL(teacher || student)} at temperature T, in the
   *     form of {@code perToken}; null without a teacher
   */
  record TokenLoss(Tensor mean, Tensor perToken, Tensor divergence) {}

  /**
   * Predicts {@code targets}, at least one.
   *
   * @param hidden [B, T, hidden], the final norm's output
   */
  TokenLoss loss(Tensor hidden, Head head, Targets targets);

  private static TokenLoss plain(Tensor hidden, Head head, Targets targets) {
    Tensor logits = head.logits(targets.states(hidden));
    Tensor losses = crossEntropy(logits, targets.ids());
    Tensor perToken = targets.spread(losses.detach());
    SoftTargets soft = targets.soft();
    if (soft == null) {
      return new TokenLoss(losses.mean(), perToken, null);
    }
    Tensor teacher = soft.head().logits(targets.states(soft.hidden()));
    Tensor divergences = divergence(teacher, logits, soft.temperature());
    return new TokenLoss(
        mixed(losses.mean(), divergences.mean(), soft.weight()),
        perToken,
        targets.spread(divergences.detach()));
  }

  /** What is minimised with a teacher. */
  static Tensor mixed(Tensor crossEntropy, Tensor divergence, double weight) {
    return Ops.mul(crossEntropy, 1 - weight).add(Ops.mul(divergence, weight));
  }

  /** {@code T^2 KL(teacher || student)} in float32, [..], of logits [.., vocabulary]. */
  private static Tensor divergence(Tensor teacher, Tensor student, double temperature) {
    Tensor p = logProbabilities(Ops.mul(teacher.to(ScalarType.Float), 1 / temperature));
    Tensor q = logProbabilities(Ops.mul(student.to(ScalarType.Float), 1 / temperature));
    return Ops.mul(Ops.sum(p.exp().mul(p.sub(q)), -1), temperature * temperature);
  }

  private static Tensor logProbabilities(Tensor logits) {
    return logits.sub(logits.logsumexp(-1).unsqueeze(-1));
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
