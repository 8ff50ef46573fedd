package io.github.drprune.nn;

import io.github.drprune.libtorch.CustomOperation;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.Ops;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.libtorch.ThreadedBlas;
import java.util.List;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The head over some tokens at a time. Their logits become gradients in place and are used up at
 * once, in the forward pass, so that logits of all tokens never exist. The gradients are handed out
 * as they are, so backward may run once.
 *
 * @param product the type to multiply in
 * @param logits held at a time
 */
record ChunkedLoss(ScalarType product, long logits) implements LossKernel {
  @Override
  public TokenLoss loss(Tensor hidden, Tensor head, Tensor tokens) {
    long predicted = tokens.size(1) - 1;
    if (predicted == 0) {
      return PLAIN.loss(hidden, head, tokens);
    }
    boolean recorded = CustomOperation.isRecorded(hidden, head);
    Tensor perToken; // [tokens]
    Tensor mean;
    Tensor dHidden = null; // of the mean, in the product's type
    Tensor dHead = null; // of the mean, float32
    try (var scope = NativeScope.open();
        var _ = NoGrad.open()) {
      Tensor used = hidden.narrow(1, 0, predicted);
      Tensor x = used.to(product).reshape(-1, hidden.size(2)); // [tokens, hidden]
      Tensor targets = tokens.narrow(1, 1, predicted).reshape(-1, 1);
      Tensor weight = head.to(hidden.scalar_type()).to(product);
      perToken = scope.pass(Ops.empty(x, ScalarType.Float, x.size(0)));
      if (recorded) {
        dHidden = scope.pass(Ops.zeros(hidden, product, hidden.shape()));
        dHead = scope.pass(Ops.empty(head, ScalarType.Float, head.shape()));
      }
      Tensor dx = recorded ? Ops.empty(x, product, x.shape()) : null;
      double share = recorded ? 1.0 / x.size(0) : 0;
      long chunk = Math.min(chunk(head.size(0)), x.size(0));
      Tensor buffer = Ops.empty(x, product, chunk, head.size(0));
      for (long from = 0; from < x.size(0); from += chunk) {
        long count = Math.min(chunk, x.size(0) - from);
        try (var _ = NativeScope.open()) {
          Tensor rows = x.narrow(0, from, count);
          Tensor z = buffer.narrow(0, 0, count); // [count, vocabulary]
          multiply(rows, weight, z);
          softmaxInPlace(z, targets.narrow(0, from, count), perToken.narrow(0, from, count), share);
          if (recorded) {
            try (var _ = ThreadedBlas.open()) {
              torch.mm_out(dx.narrow(0, from, count), z, weight);
              addProduct(dHead, z.t(), rows, from == 0);
            }
          }
        }
      }
      if (recorded) {
        dHidden.narrow(1, 0, predicted).copy_(dx.view(used.shape()));
      }
      mean = scope.pass(perToken.mean());
    }
    Tensor dh = dHidden;
    Tensor dw = dHead;
    Tensor recordedMean =
        CustomOperation.record(
            mean,
            List.of(hidden, head),
            dMean -> {
              double factor = dMean.item_double();
              return new Tensor[] {scaled(dh, factor), scaled(dw, factor)};
            });
    return new TokenLoss(recordedMean, perToken.view(tokens.size(0), predicted));
  }

  /** Without a copy where there is nothing to scale: one of the head's size takes its time. */
  private static Tensor scaled(Tensor gradient, double factor) {
    return factor == 1 ? gradient : Ops.mul(gradient, factor);
  }

  /** Tokens at a time: a multiple of 64, as products are slower with a rest. */
  private long chunk(long vocabulary) {
    long tokens = Math.max(1, logits / vocabulary);
    return tokens < 64 ? tokens : tokens - tokens % 64;
  }

  private static void multiply(Tensor rows, Tensor weight, Tensor logits) {
    try (var _ = ThreadedBlas.open()) {
      torch.mm_out(logits, rows, weight.t());
    }
  }

  /** Accumulates in float32 also where the product is narrower. */
  private static void addProduct(Tensor sum, Tensor a, Tensor b, boolean first) {
    if (Tensors.are(ScalarType.Float, b)) {
      if (first) {
        torch.mm_out(sum, a, b);
      } else {
        sum.addmm_(a, b);
      }
    } else if (first) {
      sum.copy_(a.mm(b));
    } else {
      sum.add_(a.mm(b));
    }
  }

  /**
   * Writes the losses of logits {@code z} [n, vocabulary], and unless {@code share} is 0 turns them
   * into their gradient: softmax minus one at the targets, times the share of a token in the mean.
   */
  private static void softmaxInPlace(Tensor z, Tensor targets, Tensor losses, double share) {
    RowRuns.over(
        List.of(z, targets, losses),
        run -> {
          Tensor logProbabilities = Ops.logSoftmax(run.get(0));
          run.get(2).copy_(logProbabilities.gather(1, run.get(1)).squeeze(1).neg_());
          if (share != 0) {
            Tensor ones = Ops.zeros(z, ScalarType.Float, run.get(1).shape()).add_(new Scalar(-1.0));
            Tensor gradient = logProbabilities.exp_().scatter_add_(1, run.get(1), ones);
            run.get(0).copy_(gradient.mul_(new Scalar(share)));
          }
        });
  }
}
