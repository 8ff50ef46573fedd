package io.github.drprune.nn;

import io.github.drprune.libtorch.CustomOperation;
import io.github.drprune.libtorch.MixedOps;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.Ops;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The head over some tokens at a time. Their logits become gradients in place and are used up at
 * once, in the forward pass, so that logits of all tokens never exist, neither a student's nor a
 * teacher's. The gradients are handed out as they are, so backward may run once.
 *
 * @param ops of the device
 * @param product the type to multiply in
 * @param logits held at a time
 */
record ChunkedLoss(MixedOps ops, ScalarType product, long logits) implements LossKernel {
  @Override
  public TokenLoss loss(Tensor hidden, Head head, Targets targets) {
    if (targets.count() == 0) {
      return REFERENCE.loss(hidden, head, targets);
    }
    boolean recorded = CustomOperation.isRecorded(hidden, head.weight());
    SoftTargets soft = targets.soft();
    Tensor losses; // [tokens predicted]
    Tensor divergences = null; // as losses
    Tensor mean;
    Tensor dHidden = null; // of the mean, in the product's type
    Tensor dHead = null; // of the mean, float32
    try (var scope = NativeScope.open();
        var _ = NoGrad.open()) {
      Tensor x = targets.states(hidden).to(product); // [tokens predicted, hidden]
      Tensor ids = targets.ids().unsqueeze(1);
      Tensor weight = head.weightFor(hidden, product);
      losses = scope.pass(Ops.empty(x, ScalarType.Float, x.size(0)));
      if (soft != null) {
        divergences = scope.pass(Ops.empty(x, ScalarType.Float, x.size(0)));
      }
      if (recorded) {
        dHidden = scope.pass(Ops.zeros(hidden, product, hidden.shape()));
        dHead = scope.pass(Ops.empty(weight, ScalarType.Float, weight.shape()));
      }
      Tensor dx = recorded ? Ops.empty(x, product, x.shape()) : null;
      double share = head.scale() / x.size(0); // of a token's products in the mean
      // The logits of student and teacher share the room of one model's.
      long room = soft == null ? logits : logits / 2;
      long chunk = Math.min(chunk(room, head.vocabulary()), x.size(0));
      Tensor buffer = Ops.empty(x, product, chunk, head.vocabulary());
      TeacherLogits teacher =
          soft == null ? null : new TeacherLogits(ops, product, targets, soft, chunk);
      for (long from = 0; from < x.size(0); from += chunk) {
        long count = Math.min(chunk, x.size(0) - from);
        try (var _ = NativeScope.open()) {
          Tensor rows = x.narrow(0, from, count);
          Tensor z = buffer.narrow(0, 0, count); // [count, vocabulary]
          ops.multiply(head.scale(), rows, weight.t(), z);
          Tensor target = ids.narrow(0, from, count);
          Tensor loss = losses.narrow(0, from, count);
          if (teacher == null) {
            lossesOf(head, z, target, loss, recorded);
          } else {
            teacher.lossesOf(
                head, z, from, target, loss, divergences.narrow(0, from, count), recorded);
          }
          if (recorded) {
            ops.multiply(share, z, weight, dx.narrow(0, from, count));
            if (from == 0) {
              ops.multiply(share, z.t(), rows, dHead);
            } else {
              ops.addProduct(share, z.t(), rows, dHead);
            }
          }
        }
      }
      if (recorded) {
        dHidden.narrow(1, 0, hidden.size(1) - 1).copy_(targets.spread(dx));
      }
      mean =
          scope.pass(
              soft == null
                  ? losses.mean()
                  : LossKernel.mixed(losses.mean(), divergences.mean(), soft.weight()));
    }
    Tensor dh = dHidden;
    Tensor dw = dHead;
    Tensor recordedMean =
        CustomOperation.record(
            mean,
            List.of(hidden, head.weight()),
            dMean -> {
              double factor = dMean.item_double();
              return new Tensor[] {scaled(dh, factor), scaled(dw, factor)};
            });
    return new TokenLoss(
        recordedMean,
        targets.spread(losses),
        divergences == null ? null : targets.spread(divergences));
  }

  /** Without a copy where there is nothing to scale: one of the head's size takes its time. */
  private static Tensor scaled(Tensor gradient, double factor) {
    return factor == 1 ? gradient : Ops.mul(gradient, factor);
  }

  /** Tokens at a time: a multiple of 64, as products are slower with a rest. */
  private static long chunk(long logits, long vocabulary) {
    long tokens = Math.max(1, logits / vocabulary);
    return tokens < 64 ? tokens : tokens - tokens % 64;
  }

  /**
   * Writes the losses of scaled products {@code z} [n, vocabulary] and, where asked to, turns these
   * into the losses' gradients: softmax minus one at the targets, times the slope of a cap.
   */
  private void lossesOf(Head head, Tensor z, Tensor targets, Tensor losses, boolean differentiate) {
    RowRuns.over(
        List.of(z, targets, losses),
        run -> {
          Tensor products = run.get(0);
          Tensor logits = head.cappedWide(products);
          Tensor target = run.get(1);
          Tensor p = Ops.empty(logits, ScalarType.Float, logits.shape());
          ops.softmax(logits, p);
          run.get(2).copy_(losses(p, logits, target));
          if (differentiate) {
            products.copy_(head.throughCap(addedAt(target, -1, p), logits));
          }
        });
  }

  /** {@code p} [n, vocabulary] with {@code value} added to it in place at each row's target. */
  static Tensor addedAt(Tensor targets, double value, Tensor p) {
    Tensor added = Ops.add(Ops.zeros(p, ScalarType.Float, targets.shape()), value);
    return p.scatter_add_(1, targets, added);
  }

  /**
   * [n], from the probabilities of the targets unless one of them is too small to have one. The
   * softmax adds a row up term by term in float32, where small terms are lost beside a large sum: a
   * vocabulary of 150,000 words has a sum some 3e-6 too small, always too small. Dividing by what
   * the probabilities add up to takes that out of the losses.
   */
  static Tensor losses(Tensor probabilities, Tensor logits, Tensor targets) {
    Tensor target = probabilities.gather(1, targets).squeeze(1);
    return target.min().item_float() < Float.MIN_NORMAL
        ? LossKernel.crossEntropy(logits, targets.squeeze(1))
        : Ops.sum(probabilities, 1).div_(target).log_();
  }
}
