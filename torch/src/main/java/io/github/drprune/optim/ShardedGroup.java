package io.github.drprune.optim;

import io.github.drprune.distributed.GlobalTensor;
import io.github.drprune.distributed.Mesh;
import io.github.drprune.distributed.ProcessGroup;
import io.github.drprune.distributed.ProcessGroup.Pending;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.nn.BlockWeights;
import io.github.drprune.optim.AdamWKernel.GroupTensors;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A group of which every process holds a slice of everything (ZeRO stage 3, arXiv 1910.02054; FSDP,
 * arXiv 2304.11277): the parameters of a block are fetched while it is computed, and the sum of
 * their gradients is shared out after its backward pass. What belongs to no block is held as in a
 * {@link SlicedGroup}. Where there are several copies, each is shared out so, and the sums of a
 * step go from copy to copy at its end. Parameters are sent in the type that passes compute in and
 * round them to in any case; sums of gradients are float32.
 */
public final class ShardedGroup implements GroupState, BlockWeights {
  private final ParameterGroup group;
  private final ProcessGroup processes;
  private final ProcessGroup copies;
  private final SlicedGroup rest;
  private final FlatPool pool = new FlatPool(ScalarType.Float);
  private final Optional<FlatPool> rounded;
  private final List<BlockShard> blocks;
  private final GroupTensors tensors;

  /**
   * @param blocks what is fetched together
   * @param mesh whose rows share out a copy each
   * @param sent the type in which passes use the blocks' parameters
   * @param fromFirst whether the first process alone has the blocks' values, and gives each its
   *     slices; otherwise every process has them, or is to be given them later
   */
  public ShardedGroup(
      ParameterGroup group, ParameterBlocks blocks, Mesh mesh, ScalarType sent, boolean fromFirst) {
    this.group = group;
    this.processes = mesh.row();
    this.copies = mesh.column();
    this.rounded = sent == ScalarType.Float ? Optional.empty() : Optional.of(new FlatPool(sent));
    ParameterGroup others = group.with(blocks.others(group.parameters()));
    this.rest = new SlicedGroup(others, ParameterBlocks.NONE, mesh);
    this.blocks =
        IntStream.range(0, blocks.names().size())
            .mapToObj(i -> new Bucket(blocks.block(i, group.parameters()), processes.size()))
            .map(bucket -> new BlockShard(bucket, mesh, pool, rounded, fromFirst))
            .toList();
    this.tensors =
        new GroupTensors(
            joined(GroupTensors::parameters, BlockShard::values),
            joined(GroupTensors::gradients, BlockShard::gradients),
            joined(GroupTensors::means, shard -> shard.moments().means()),
            joined(GroupTensors::squares, shard -> shard.moments().squares()));
  }

  private List<Tensor> joined(
      Function<GroupTensors, List<Tensor>> ofRest, Function<BlockShard, Tensor> ofBlock) {
    return Stream.concat(ofRest.apply(rest.tensors()).stream(), blocks.stream().map(ofBlock))
        .toList();
  }

  /** Fetches the block, and the one that will be wanted after it while this one is computed. */
  @Override
  public Loan borrow(int index, Use use) {
    BlockShard block = blocks.get(index);
    block.fetch();
    block.awaitFetched();
    int next = use == Use.FORWARD ? index + 1 : index - 1;
    if (next >= 0 && next < blocks.size()) {
      blocks.get(next).fetch();
    }
    if (use == Use.FORWARD) {
      return block::release;
    }
    awaitAllSumsBut(index + 1);
    block.beginGradients();
    return () -> {
      block.shareGradients();
      block.release();
    };
  }

  /** One block's sum may be on its way while the gradients of another are computed: not more. */
  private void awaitAllSumsBut(int last) {
    for (int i = 0; i < blocks.size(); i++) {
      if (i != last) {
        blocks.get(i).awaitGradients();
      }
    }
  }

  @Override
  public ParameterGroup group() {
    return group;
  }

  @Override
  public void zeroGrad() {
    rest.zeroGrad();
    blocks.forEach(block -> block.gradients().zero_());
  }

  /** Blocks share out what each pass leaves. */
  @Override
  public void expectLastPass() {}

  @Override
  public void startSums() {
    rest.startSums();
  }

  @Override
  public void awaitSums() {
    blocks.forEach(BlockShard::awaitGradients);
    Pending ofBlocks = Pending.all(blocks, block -> copies.sum(block.gradients()));
    rest.awaitSums();
    ofBlocks.await();
  }

  @Override
  public double squaredNorm() {
    double squares = 0;
    try (var _ = NativeScope.open()) {
      for (BlockShard block : blocks) {
        double norm = block.gradients().norm().item_double();
        squares += norm * norm;
      }
    }
    return rest.squaredNorm() + processes.sums(squares)[0];
  }

  @Override
  public void scaleGradients(double factor) {
    rest.scaleGradients(factor);
    try (var _ = NativeScope.open()) {
      var scalar = new Scalar(factor);
      blocks.forEach(block -> block.gradients().mul_(scalar));
    }
  }

  @Override
  public GroupTensors tensors() {
    return tensors;
  }

  /** What blocks have now is fetched when it is wanted. */
  @Override
  public void shareUpdate() {
    rest.shareUpdate();
  }

  @Override
  public SequencedMap<String, GlobalTensor> parameters() {
    SequencedMap<String, GlobalTensor> parameters = rest.parameters();
    blocks.forEach(block -> parameters.putAll(block.parameters()));
    return parameters;
  }

  @Override
  public SequencedMap<String, GlobalTensor> moments() {
    SequencedMap<String, GlobalTensor> moments = rest.moments();
    blocks.forEach(block -> moments.putAll(block.moments().byName()));
    return moments;
  }

  @Override
  public void assemble() {
    blocks.forEach(BlockShard::assemble);
  }

  /** Tensors of a whole block that were made so far. */
  int flatsMade() {
    return pool.made();
  }

  @Override
  public void close() {
    rest.close();
    blocks.forEach(BlockShard::close);
    pool.close();
    rounded.ifPresent(FlatPool::close);
  }
}
