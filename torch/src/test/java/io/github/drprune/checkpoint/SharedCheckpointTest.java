package io.github.drprune.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.drprune.config.Sharding;
import io.github.drprune.distributed.GlobalTensor;
import io.github.drprune.distributed.Mesh;
import io.github.drprune.distributed.ProcessGroup;
import io.github.drprune.distributed.Ranks;
import io.github.drprune.distributed.StoppedByPeerException;
import io.github.drprune.error.UserException;
import io.github.drprune.libtorch.LibTorch;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.optim.GroupState;
import io.github.drprune.optim.ParameterBlocks;
import io.github.drprune.optim.ParameterGroup;
import io.github.drprune.optim.ShardedGroup;
import io.github.drprune.optim.SlicedGroup;
import io.github.drprune.optim.WholeGroup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checkpoints that several processes write together. */
class SharedCheckpointTest {
  /** What lies beside tensors. */
  private record State(long step) {}

  /** Two blocks and a tensor beside them; no number of processes below divides their elements. */
  private static final Map<String, long[]> SHAPES =
      Map.of("a0", new long[] {3, 5}, "a1", new long[] {7}, "b", new long[] {2, 2, 11});

  private static final ParameterBlocks BLOCKS =
      new ParameterBlocks(List.of(List.of("a0"), List.of("a1")));

  @TempDir private Path folder;
  private Path log;

  @BeforeAll
  static void loadLibraries() {
    LibTorch.useThreads(1);
  }

  @BeforeEach
  void makeLog() throws IOException {
    log = Files.createFile(folder.resolve("log"));
  }

  @Test
  void valuesStayWhateverNumberOfProcessesWritesAndReadsThem() throws Exception {
    SequencedMap<String, Tensor> weights = leaves(1, "");
    SequencedMap<String, Tensor> moments = leaves(100, "/mean");
    moments.putAll(leaves(-100, "/square"));
    save(1, ProcessGroup.SINGLE, GlobalTensor.of(weights), GlobalTensor.of(moments));

    passOn(1, 3, Sharding.OPTIMIZER);
    passOn(2, 2, Sharding.FULL);
    passOn(3, 4, Sharding.HYBRID);
    passOn(4, 5, Sharding.FULL);
    passOn(5, 2, Sharding.NONE);
    passOn(6, 3, Sharding.FULL);

    SequencedMap<String, Tensor> weightsRead = leaves(0, "");
    SequencedMap<String, Tensor> momentsRead = leaves(0, "/mean");
    momentsRead.putAll(leaves(0, "/square"));
    restore(7, GlobalTensor.of(weightsRead), GlobalTensor.of(momentsRead));
    assertSame(weightsRead, weights);
    assertSame(momentsRead, moments);
  }

  /** Reads the checkpoint of {@code step} and writes that of the next. */
  private void passOn(long step, int count, Sharding sharding) throws Exception {
    Ranks.run(
        count,
        processes -> {
          try (var mesh = processes.inRows(sharding.perCopy(count, 2));
              var group = group(processes, mesh, sharding)) {
            restore(step, group.parameters(), group.moments());
            save(step + 1, processes, group.parameters(), group.moments());
            return null;
          }
        });
  }

  private static GroupState group(ProcessGroup processes, Mesh mesh, Sharding sharding) {
    var group = new ParameterGroup("weights", leaves(0, ""), 1, 0, false);
    return switch (sharding) {
      case NONE -> new WholeGroup(group, BLOCKS, processes);
      case OPTIMIZER -> new SlicedGroup(group, BLOCKS, mesh);
      case FULL, HYBRID -> new ShardedGroup(group, BLOCKS, mesh, ScalarType.BFloat16, false);
    };
  }

  /** Each of three processes has two of six elements; the second one's disk is full. */
  @Test
  void whereOneProcessCannotWriteAllStop() throws Exception {
    GlobalTensor whole = GlobalTensor.of(Tensors.of(new float[6], 6));
    save(1, ProcessGroup.SINGLE, new LinkedHashMap<>(Map.of("w", whole)), new LinkedHashMap<>());
    List<String> ends =
        Ranks.run(
            3,
            processes -> {
              try {
                var pair = new Pair(processes.rank());
                save(2, processes, new LinkedHashMap<>(Map.of("w", pair)), new LinkedHashMap<>());
                return "wrote";
              } catch (IllegalStateException | StoppedByPeerException e) {
                return e.getMessage();
              }
            });
    assertThat(ends.get(1)).isEqualTo("full");
    assertThat(List.of(ends.get(0), ends.get(2))).allMatch(end -> end.contains("says why"));
    try (var left = Files.list(folder.resolve("checkpoints"))) {
      assertThat(left).singleElement().asString().endsWith("step-1");
    }
  }

  /** Two elements of a process, which the second one fails to give. */
  private record Pair(int process) implements GlobalTensor {
    @Override
    public long[] shape() {
      return new long[] {6};
    }

    @Override
    public boolean isEverywhere() {
      return false;
    }

    @Override
    public Optional<Piece> stored() {
      return Optional.of(new Piece(2L * process, 2, this::values));
    }

    private Tensor values() {
      if (process == 1) {
        throw new IllegalStateException("full");
      }
      return Tensors.of(new float[2], 2);
    }

    @Override
    public void restore(Piece piece) {}
  }

  @Test
  void refusesPiecesThatMakeNoWhole() throws Exception {
    save(1, ProcessGroup.SINGLE, GlobalTensor.of(leaves(1, "")), new LinkedHashMap<>());
    Ranks.run(
        2,
        processes -> {
          try (var group = group(processes, Mesh.ofOneRow(processes), Sharding.FULL)) {
            save(2, processes, group.parameters(), group.moments());
            return null;
          }
        });
    Path checkpoint = CheckpointStore.at(folder.resolve("checkpoints"), 2).folder();
    Path second = checkpoint.resolve("weights-00002-of-00002.safetensors");
    Path both = checkpoint.resolve("weights-00003-of-00002.safetensors");
    Files.copy(second, both);
    assertRefused();
    Files.delete(both);
    Files.delete(second);
    assertRefused();
  }

  private void assertRefused() {
    assertThatThrownBy(() -> restore(2, GlobalTensor.of(leaves(0, "")), new LinkedHashMap<>()))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("weights of the checkpoint are other tensors");
  }

  private CheckpointStore store(ProcessGroup processes) {
    return new CheckpointStore(folder.resolve("checkpoints"), 20, processes);
  }

  private void save(
      long step,
      ProcessGroup processes,
      SequencedMap<String, GlobalTensor> weights,
      SequencedMap<String, GlobalTensor> moments)
      throws IOException {
    SequencedMap<String, SequencedMap<String, GlobalTensor>> tensors = new LinkedHashMap<>();
    tensors.put("weights", weights);
    tensors.put("optimizer", moments);
    store(processes).save(step, tensors, new State(step), log, 0);
    assertThat(CheckpointManifest.damage(at(step).folder(), step)).isNull();
  }

  private void restore(
      long step,
      SequencedMap<String, GlobalTensor> weights,
      SequencedMap<String, GlobalTensor> moments)
      throws IOException {
    at(step).restore("weights", weights);
    at(step).restore("optimizer", moments);
  }

  private Checkpoint at(long step) {
    return CheckpointStore.at(folder.resolve("checkpoints"), step);
  }

  /** Of numbers {@code step} apart, no two the same in one of them. */
  private static SequencedMap<String, Tensor> leaves(float step, String suffix) {
    SequencedMap<String, Tensor> leaves = new LinkedHashMap<>();
    try (var _ = NativeScope.open()) {
      for (String name : List.of("a0", "a1", "b")) {
        long[] shape = SHAPES.get(name);
        float[] values = new float[(int) LongStream.of(shape).reduce(1, (a, b) -> a * b)];
        for (int i = 0; i < values.length; i++) {
          values[i] = step * (leaves.size() + i);
        }
        leaves.put(name + suffix, NativeScope.keep(Tensors.of(values, shape)));
      }
    }
    return leaves;
  }

  private static void assertSame(
      SequencedMap<String, Tensor> read, SequencedMap<String, Tensor> written) {
    assertThat(read.keySet()).isEqualTo(written.keySet());
    written.forEach(
        (name, tensor) ->
            assertThat(Tensors.floats(read.get(name))).as(name).isEqualTo(Tensors.floats(tensor)));
  }
}
