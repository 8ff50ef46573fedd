package io.github.drprune.nn;

import io.github.drprune.libtorch.MixedOps;
import io.github.drprune.libtorch.Ops;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** The distillation of a {@link ChunkedLoss}: a teacher's logits of the chunk at hand. */
final class TeacherLogits {
  private final MixedOps ops;
  private final SoftTargets soft;
  private final Tensor rows; // [tokens predicted, hidden]
  private final Tensor weight; // [vocabulary, hidden]
  private final Tensor buffer; // [chunk, vocabulary]

  /**
   * Lives in the scope that it is made in.
   *
   * @param product the type to multiply in
   * @param chunk tokens at a time at most
   */
  TeacherLogits(MixedOps ops, ScalarType product, Targets targets, SoftTargets soft, long chunk) {
    this.ops = ops;
    this.soft = soft;
    this.rows = targets.states(soft.hidden()).to(product);
    this.weight = soft.head().weightFor(soft.hidden(), product);
    this.buffer = Ops.empty(rows, product, chunk, weight.size(0));
  }

  /**
   * Writes the cross entropies and the divergences of the student's scaled products {@code z} [n,
   * vocabulary] and, where asked to, turns these into the gradients of their mixture.
   *
   * @param head the student's
   * @param from the first of the chunk's tokens
   * @param targets [n, 1]
   * @param losses [n] takes the cross entropies
   * @param divergences [n] takes {@code T^2 KL(teacher || student)}
   */
  void lossesOf(
      Head head,
      Tensor z,
      long from,
      Tensor targets,
      Tensor losses,
      Tensor divergences,
      boolean differentiate) {
    Tensor y = buffer.narrow(0, 0, z.size(0));
    // A cap comes before the temperature.
    double factor = soft.head().cap().isEmpty() ? 1 / soft.temperature() : 1;
    Tensor states = rows.narrow(0, from, z.size(0));
    ops.multiply(factor * soft.head().scale(), states, weight.t(), y);
    RowRuns.over(
        List.of(z, y, targets, losses, divergences),
        run -> {
          Tensor products = run.get(0);
          Tensor logits = head.cappedWide(products);
          Tensor target = run.get(2);
          Tensor q = softmax(logits);
          Tensor entropy = ChunkedLoss.losses(q, logits, target);
          run.get(3).copy_(entropy);
          boolean warm = soft.temperature() != 1;
          Tensor cooled = warm ? cooled(logits) : logits;
          Tensor cooledQ = warm ? softmax(cooled) : q;
          Tensor cooledEntropy = warm ? ChunkedLoss.losses(cooledQ, cooled, target) : entropy;
          boolean capped = soft.head().cap().isPresent();
          Tensor teacher = capped ? cooled(soft.head().cappedWide(run.get(1))) : run.get(1);
          Tensor p = softmax(teacher);
          Tensor difference = logRatio(p, teacher, cooled, cooledEntropy, target);
          double squared = soft.temperature() * soft.temperature();
          run.get(4).copy_(Ops.mul(Ops.sum(difference.mul_(p), 1), squared));
          if (differentiate) {
            products.copy_(head.throughCap(gradient(q, cooledQ, p, target), logits));
          }
        });
  }

  private Tensor cooled(Tensor logits) {
    return Ops.mul(logits.to(ScalarType.Float), 1 / soft.temperature());
  }

  /** [n, vocabulary] in float32. */
  private Tensor softmax(Tensor logits) {
    Tensor probabilities = Ops.empty(logits, ScalarType.Float, logits.shape());
    ops.softmax(logits, probabilities);
    return probabilities;
  }

  /**
   * {@code log p - log q}, [n, vocabulary], as the difference of the logits {@code y} and {@code z}
   * less that of their normalisers, which the losses of the targets tell: logarithms of all
   * probabilities would take longer than all else, and small ones have none.
   *
   * @param entropy of the targets under {@code z}, [n]
   */
  private static Tensor logRatio(Tensor p, Tensor y, Tensor z, Tensor entropy, Tensor targets) {
    Tensor difference = Ops.contiguous(y, ScalarType.Float).sub_(z);
    Tensor atTarget = difference.gather(1, targets);
    Tensor teacherEntropy = ChunkedLoss.losses(p, y, targets);
    return difference.sub_(atTarget.add_(teacherEntropy.sub(entropy).unsqueeze(1)));
  }

  /**
   * Of {@code (1 - w) CE + w T^2 KL} with respect to the logits: {@code (1 - w) (q - target) + w T
   * (q' - p)}, q' and p at temperature T. All are used up.
   */
  private Tensor gradient(Tensor q, Tensor cooledQ, Tensor p, Tensor targets) {
    double w = soft.weight();
    double wt = w * soft.temperature();
    Tensor mixed = q;
    if (cooledQ != q) {
      mixed = q.mul_(new Scalar(1 - w)).add_(cooledQ, new Scalar(wt));
    }
    return ChunkedLoss.addedAt(targets, w - 1, mixed.sub_(p, new Scalar(wt)));
  }
}
