package io.github.drprune.model;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.drprune.libtorch.NativeMemory;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.nn.ModelMasks;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;

class NativeMemoryTest {
  private static final long MIB = 1 << 20;

  @Test
  void threeHundredStepsHoldHandlesAndMemoryFlat() {
    var config = TinyModels.llama();
    try (var model = ModelLoader.random(config, TinyModels.TRAINED, 1)) {
      int[][] tokens = new int[32][64];
      for (int i = 0; i < 50; i++) {
        step(model, tokens);
      }
      long handles = NativeMemory.liveHandles();
      long resident = NativeMemory.resident();
      for (int i = 0; i < 300; i++) {
        step(model, tokens);
      }
      assertThat(NativeMemory.liveHandles()).isEqualTo(handles);
      // A leak of one activation [32, 64, 32] a step alone would be 75 MiB.
      assertThat(NativeMemory.resident() - resident).isLessThan(30 * MIB);
    }
  }

  private static void step(CausalLm model, int[][] tokens) {
    try (var _ = NativeScope.open()) {
      model.loss(Tensors.ofTokens(tokens), ModelMasks.NONE).mean().backward();
      for (var weight : model.weights().values()) {
        Tensor gradient = weight.tensor().mutable_grad();
        gradient.zero_();
      }
    }
  }
}
