package io.github.drprune.nn;

import io.github.drprune.model.Activation;
import io.github.drprune.nn.KvCache.Past;
import org.bytedeco.pytorch.Tensor;

/** The feed-forward body of a block. Its units are the activated product. */
public sealed interface Mlp extends Body {
  /** The activated product that the intermediate mask multiplies, [B, T, intermediate]. */
  Tensor intermediate(Tensor x);

  @Override
  default Tensor units(Tensor x, HalfMasks masks, Past past, ForwardHook hook) {
    Tensor product = intermediate(x);
    hook.intermediate(product);
    return product;
  }

  /** {@code output(act(gate(x)) * up(x))}, as in Llama (arXiv 2002.05202). */
  record Gated(Linear gate, Linear up, Linear output, Activation activation, GateKernel kernel)
      implements Mlp {
    @Override
    public Tensor intermediate(Tensor x) {
      return kernel.apply(gate.forward(x), up.forward(x), activation);
    }
  }

  /** As {@link Gated} with the rows of gate and up in one matrix. */
  record FusedGated(Linear gateUp, Linear output, Activation activation, GateKernel kernel)
      implements Mlp {
    @Override
    public Tensor intermediate(Tensor x) {
      Tensor both = gateUp.forward(x);
      long size = both.size(-1) / 2;
      return kernel.apply(both.narrow(-1, 0, size), both.narrow(-1, size, size), activation);
    }
  }

  /** {@code output(act(up(x)))}, as in GPT-NeoX. */
  record Plain(Linear up, Linear output, Activation activation) implements Mlp {
    @Override
    public Tensor intermediate(Tensor x) {
      return Activations.apply(activation, up.forward(x));
    }
  }
}
