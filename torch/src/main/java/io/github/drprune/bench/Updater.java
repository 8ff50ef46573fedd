package io.github.drprune.bench;

import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.optim.AdamW;
import io.github.drprune.optim.AdamWKernel;
import io.github.drprune.optim.ParameterGroup;
import java.util.List;
import org.bytedeco.pytorch.AdamWOptions;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;

/** Clears, clips and applies gradients; the learning rate is too small to move a benchmark. */
interface Updater extends AutoCloseable {
  double RATE = 1e-6;
  double CLIP = 1.0;

  void zero();

  /** Clips the gradients' norm and updates the parameters. */
  void update();

  @Override
  void close();

  /** The program's own. */
  static Updater fused(List<ParameterGroup> groups) {
    var optimizer = new AdamW(groups, new AdamW.Hyper(0.9, 0.95, 1e-8), AdamWKernel.FUSED);
    return new Updater() {
      @Override
      public void zero() {
        optimizer.zeroGrad();
      }

      @Override
      public void update() {
        optimizer.clip(CLIP);
        optimizer.step(1);
      }

      @Override
      public void close() {
        optimizer.close();
      }
    };
  }

  /** The library's own; its gradients are freed between steps, as is its default. */
  static Updater library(List<ParameterGroup> groups) {
    Tensor[] leaves =
        groups.stream()
            .flatMap(group -> group.parameters().values().stream())
            .toArray(Tensor[]::new);
    try (var _ = NativeScope.open()) {
      var parameters = NativeScope.keep(new TensorVector(leaves));
      var options = new AdamWOptions(RATE);
      options.weight_decay().put(0.0);
      var optimizer = NativeScope.keep(new org.bytedeco.pytorch.AdamW(parameters, options));
      return new Updater() {
        @Override
        public void zero() {
          optimizer.zero_grad();
        }

        @Override
        public void update() {
          torch.clip_grad_norm_(parameters, CLIP);
          optimizer.step();
        }

        @Override
        public void close() {
          optimizer.close();
          parameters.close();
        }
      };
    }
  }
}
