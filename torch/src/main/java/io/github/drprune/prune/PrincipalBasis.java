package io.github.drprune.prune;

import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.Ops;
import io.github.drprune.model.CausalLm;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.model.NormSpec;
import io.github.drprune.model.TensorRole;
import io.github.drprune.model.TensorRole.Place;
import io.github.drprune.model.TensorShape;
import io.github.drprune.nn.ForwardHook;
import io.github.drprune.nn.ModelMasks;
import io.github.drprune.nn.Weight;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Turns a model's residual stream to its principal components, of which the first hold most of what
 * flows through it: hidden units that are cut away then take little with them. The model computes
 * what it computed before, to rounding, since RMSNorm without a weight does not see a rotation
 * (SliceGPT, arXiv 2401.15024, section 3; here one rotation serves the whole model, so that the
 * result is a checkpoint like any other).
 */
public final class PrincipalBasis {
  private record Reading(int layer, Place place) {
    static Reading of(TensorShape shape) {
      return new Reading(shape.layer(), shape.role().place());
    }
  }

  private final CausalLm model;

  private PrincipalBasis(CausalLm model) {
    this.model = model;
  }

  /**
   * Whether models of this description can be turned: every norm of the stream is an RMSNorm before
   * what reads it, and the head has weights of its own to take the last norm's.
   */
  public static boolean fits(ModelSpec spec) {
    return spec.norm().kind() == NormSpec.Kind.RMS
        && spec.has(TensorRole.ATTENTION_NORM)
        && spec.has(TensorRole.MLP_NORM)
        && !spec.has(TensorRole.AFTER_ATTENTION_NORM)
        && !spec.has(TensorRole.AFTER_MLP_NORM)
        && !spec.tiedEmbeddings();
  }

  /**
   * Turns {@code model} in place. The components are those of what its norms put out.
   *
   * @param batches tokens to find them on, int64 [B, T]
   * @param piece is run after each piece of the work
   */
  public static void turn(CausalLm model, List<Tensor> batches, Runnable piece) {
    if (!fits(model.spec())) {
      throw new IllegalArgumentException("a model that cannot be turned");
    }
    try (var _ = NativeScope.open();
        var _ = NoGrad.open()) {
      var basis = new PrincipalBasis(model);
      basis.foldNorms();
      basis.rotate(basis.components(batches, piece), piece);
    }
  }

  /** Moves the norms' weights into the matrices that read them, so that all of them are one. */
  private void foldNorms() {
    Map<Reading, Tensor> factors = new HashMap<>();
    boolean fromOne = model.spec().norm().fromOne();
    for (Weight weight : model.weights().values()) {
      if (isOfTheStream(weight.shape().role())) {
        Tensor factor = fromOne ? Ops.add(weight.tensor(), 1) : weight.tensor().clone();
        factors.put(Reading.of(weight.shape()), factor);
        weight.tensor().copy_(fromOne ? torch.zeros_like(factor) : torch.ones_like(factor));
      }
    }
    for (Weight weight : model.weights().values()) {
      if (weight.shape().readsResidual()) {
        weight.tensor().mul_(factors.get(Reading.of(weight.shape())));
      }
    }
  }

  private static boolean isOfTheStream(TensorRole role) {
    return role == TensorRole.ATTENTION_NORM
        || role == TensorRole.MLP_NORM
        || role == TensorRole.FINAL_NORM;
  }

  /** Directions as columns, those with the largest share first, [hidden, hidden] float32. */
  private Tensor components(List<Tensor> batches, Runnable piece) {
    int size = model.spec().hiddenSize();
    Tensor sums = Ops.zeros(batches.getFirst(), ScalarType.Double, size, size);
    ForwardHook adding =
        new ForwardHook() {
          @Override
          public void normalised(Tensor x) {
            try (var _ = NativeScope.open()) {
              Tensor rows = x.reshape(-1, size).to(ScalarType.Double);
              sums.add_(rows.t().matmul(rows));
            }
          }
        };
    for (Tensor tokens : batches) {
      try (var _ = NativeScope.open()) {
        adding.normalised(model.hidden(tokens, ModelMasks.NONE, adding));
      }
      piece.run();
    }
    Tensor vectors = torch.linalg_eigh(sums.cpu()).get1(); // from the smallest share
    piece.run();
    return vectors.flip(1).to(model.device(), ScalarType.Float);
  }

  private void rotate(Tensor components, Runnable piece) {
    for (Weight weight : model.weights().values()) {
      TensorShape shape = weight.shape();
      Tensor tensor = weight.tensor();
      if (shape.role() == TensorRole.EMBEDDING || shape.readsResidual()) {
        tensor.copy_(tensor.matmul(components));
      } else if (shape.role().writesResidual()) {
        tensor.copy_(components.t().matmul(tensor)); // a bias as well
      }
      piece.run();
    }
  }
}
