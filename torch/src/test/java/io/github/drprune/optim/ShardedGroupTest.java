package io.github.drprune.optim;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.drprune.distributed.Mesh;
import io.github.drprune.distributed.Ranks;
import io.github.drprune.libtorch.LibTorch;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.nn.BlockWeights.Use;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ShardedGroupTest {
  private static final int BLOCKS = 6;

  @BeforeAll
  static void loadLibraries() {
    LibTorch.useThreads(1);
  }

  /** Of weights and of gradients, however many micro-batches a step has. */
  @Test
  void twoBlocksAreThereAtOnce() throws Exception {
    assertThat(Ranks.run(2, processes -> flatsMade(Mesh.ofOneRow(processes), 3))).containsOnly(4);
  }

  /** Each of two micro-batches in each of four processes adds one to every gradient. */
  @Test
  void gradientsAreThoseOfAllCopies() throws Exception {
    Ranks.run(
        4,
        processes -> {
          try (var mesh = processes.inRows(2)) {
            return flatsMade(mesh, 2);
          }
        });
  }

  private static int flatsMade(Mesh mesh, int passes) {
    try (var _ = NativeScope.open()) {
      SequencedMap<String, Tensor> leaves = new LinkedHashMap<>();
      IntStream.range(0, BLOCKS).forEach(i -> leaves.put("block" + i, leaf(i)));
      leaves.put("rest", leaf(BLOCKS));
      var blocks =
          new ParameterBlocks(
              IntStream.range(0, BLOCKS).mapToObj(i -> List.of("block" + i)).toList());
      var group = new ParameterGroup("weights", leaves, 1, 0, false);
      try (var sharded = new ShardedGroup(group, blocks, mesh, ScalarType.Float, false)) {
        for (int pass = 0; pass < passes; pass++) {
          pass(sharded, leaves);
        }
        sharded.startSums();
        sharded.awaitSums();
        float all = passes * mesh.row().size() * mesh.column().size();
        for (Tensor gradients : sharded.tensors().gradients().subList(1, 1 + BLOCKS)) {
          assertThat(Tensors.floats(gradients)).containsExactly(all, all);
        }
        return sharded.flatsMade();
      }
    }
  }

  /** Forward and backward, where each block must have its weights. */
  private static void pass(ShardedGroup sharded, SequencedMap<String, Tensor> leaves) {
    for (int i = 0; i < BLOCKS; i++) {
      try (var _ = sharded.borrow(i, Use.FORWARD)) {
        assertThat(Tensors.floats(leaves.get("block" + i))).containsOnly(i);
      }
    }
    for (int i = BLOCKS - 1; i >= 0; i--) {
      try (var _ = sharded.borrow(i, Use.BACKWARD);
          var _ = NoGrad.open()) {
        Tensor leaf = leaves.get("block" + i);
        assertThat(Tensors.floats(leaf)).containsOnly(i);
        leaf.grad().add_(new Scalar(1));
      }
    }
  }

  private static Tensor leaf(float value) {
    return Tensors.of(new float[] {value, value, value, value}, 4).set_requires_grad(true);
  }
}
