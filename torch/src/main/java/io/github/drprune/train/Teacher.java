package io.github.drprune.train;

import io.github.drprune.config.DistillationConfig;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.model.CausalLm;
import io.github.drprune.nn.ModelMasks;
import io.github.drprune.nn.SoftTargets;
import io.github.drprune.nn.Targets;
import org.bytedeco.pytorch.Tensor;

/** A model that is not trained itself and whose distribution another one learns. It owns it. */
public record Teacher(CausalLm model, DistillationConfig config) implements AutoCloseable {
  /** What it makes of the tokens; all but its final norm's output is freed again. */
  SoftTargets of(Targets targets) {
    try (var scope = NativeScope.open();
        var _ = NoGrad.open()) {
      Tensor hidden = scope.pass(model.hidden(targets, ModelMasks.NONE));
      return new SoftTargets(hidden, model.head(), config.weight(), config.temperature());
    }
  }

  @Override
  public void close() {
    model.close();
  }
}
