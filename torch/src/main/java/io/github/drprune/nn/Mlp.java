package io.github.drprune.nn;

import java.util.List;
import java.util.function.BiConsumer;
import org.bytedeco.pytorch.Tensor;

/** The feed-forward half of a block, [B, T, hidden] to [B, T, hidden]. */
public sealed interface Mlp {
  Linear down();

  /** The projections from the residual stream. */
  List<Linear> inputs();

  /** The activated product that the intermediate mask multiplies, [B, T, intermediate]. */
  Tensor intermediate(Tensor x);

  default Tensor forward(Tensor x, BlockMasks masks) {
    return down().forward(intermediate(x), masks.mlpRows(), masks.intermediate());
  }

  /** Gives {@code sink} the weights that {@code masks} change. */
  default void fold(BlockMasks masks, BiConsumer<Weight, Tensor> sink) {
    down().fold(masks.mlpRows(), masks.intermediate(), sink);
  }

  /** {@code down(act(gate(x)) * up(x))}, as in Llama (arXiv 2002.05202). */
  record Gated(Linear gate, Linear up, Linear down, Activation activation) implements Mlp {
    @Override
    public List<Linear> inputs() {
      return List.of(gate, up);
    }

    @Override
    public Tensor intermediate(Tensor x) {
      return activation.apply(gate.forward(x)).mul(up.forward(x));
    }
  }

  /** {@code down(act(up(x)))}, as in GPT-NeoX. */
  record Plain(Linear up, Linear down, Activation activation) implements Mlp {
    @Override
    public List<Linear> inputs() {
      return List.of(up);
    }

    @Override
    public Tensor intermediate(Tensor x) {
      return activation.apply(up.forward(x));
    }
  }
}
