package io.github.drprune.nn;

import io.github.drprune.model.Activation;
import io.github.drprune.nn.KvCache.Past;
import org.bytedeco.pytorch.Tensor;

/** The feed-forward body of a block. Its units are the activated product. */
public sealed interface Mlp extends Body {
  /** The activated product that the intermediate mask multiplies, [B, T, intermediate]. */
  Tensor intermediate(Tensor x);

  @Override
  default Tensor units(Tensor x, Past past, ForwardHook hook) {
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

  /** {@code output(act(up(x)))}, as in GPT-NeoX. */
  record Plain(Linear up, Linear output, Activation activation) implements Mlp {
    @Override
    public Tensor intermediate(Tensor x) {
      return Activations.apply(activation, up.forward(x));
    }
  }
}
