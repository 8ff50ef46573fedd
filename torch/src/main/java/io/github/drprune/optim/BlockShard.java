package io.github.drprune.optim;

import io.github.drprune.distributed.GlobalTensor;
import io.github.drprune.distributed.Mesh;
import io.github.drprune.distributed.ProcessGroup;
import io.github.drprune.distributed.ProcessGroup.Pending;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.Tensors;
import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.SequencedMap;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** This process's slice of a block's parameters, and all of them for as long as they are used. */
final class BlockShard implements AutoCloseable {
  private final Bucket bucket;
  private final FlatPool pool;
  private final FlatPool rounded;
  private final ProcessGroup processes;
  private final SharedSlice values;
  private final Tensor gradients; // [sliceLength]
  private final Moments moments;

  private Tensor sent; // all parameters while they are on their way, or null
  private Pending fetching = Pending.DONE;
  private Tensor fetched; // all parameters, or null
  private Tensor fullGradients; // of all parameters, or null
  private Pending sharing = Pending.DONE;

  /**
   * @param mesh of whose row each process has a slice
   * @param pool lends the room for all parameters, and for their gradients
   * @param rounded lends the room to send parameters in, where that is done in another type
   * @param fromFirst whether the first process alone has the parameters' values
   */
  BlockShard(
      Bucket bucket, Mesh mesh, FlatPool pool, Optional<FlatPool> rounded, boolean fromFirst) {
    this.bucket = bucket;
    this.pool = pool;
    this.rounded = rounded.orElse(pool);
    this.processes = mesh.row();
    Tensor slice = bucket.newSlice();
    try (var _ = NativeScope.open();
        var _ = NoGrad.open()) {
      Tensor all = pool.take(bucket);
      bucket.moveInto(all);
      if (fromFirst) {
        mesh.broadcast(all);
      }
      slice.copy_(bucket.slice(all, processes.rank()));
      pool.giveBack(all);
    }
    this.values = new SharedSlice(bucket, mesh, slice);
    this.gradients = bucket.newSlice();
    this.moments = new Moments(bucket, mesh);
    bucket.empty();
  }

  /** [sliceLength]. */
  Tensor values() {
    return values.slice();
  }

  /** Of this step so far, summed over all processes, [sliceLength]. */
  Tensor gradients() {
    return gradients;
  }

  Moments moments() {
    return moments;
  }

  SequencedMap<String, GlobalTensor> parameters() {
    SequencedMap<String, GlobalTensor> parameters = new LinkedHashMap<>();
    bucket.names().forEach(name -> parameters.put(name, values.of(name)));
    return parameters;
  }

  /** Starts to fetch all parameters, where that is not done or on its way. */
  void fetch() {
    fetch(rounded);
  }

  /**
   * @param room of the type to send them in
   */
  private void fetch(FlatPool room) {
    if (sent != null || fetched != null) {
      return;
    }
    sent = room.take(bucket);
    try (var _ = NativeScope.open();
        var _ = NoGrad.open()) {
      bucket.slice(sent, processes.rank()).copy_(values.slice());
    }
    fetching = processes.gatherSlices(sent);
  }

  /** Returns when the parameters are there, float32, and the leaves are views of them. */
  void awaitFetched() {
    if (fetched == null) {
      fetching.await();
      fetching = Pending.DONE;
      fetched = Tensors.are(ScalarType.Float, sent) ? sent : widened();
      sent = null;
    }
    bucket.point(fetched);
  }

  private Tensor widened() {
    Tensor wide = pool.take(bucket);
    try (var _ = NoGrad.open()) {
      wide.copy_(sent);
    }
    rounded.giveBack(sent);
    return wide;
  }

  /** Gives the leaves gradients, zero; none may be on their way. */
  void beginGradients() {
    fullGradients = pool.take(bucket);
    fullGradients.zero_();
    bucket.gatherGradientsIn(fullGradients);
  }

  /** Starts to share out the gradients that a backward pass left. */
  void shareGradients() {
    bucket.dropGradients();
    sharing = processes.sumSlice(fullGradients);
  }

  /** Adds to this process's gradients what is still on its way. */
  void awaitGradients() {
    if (fullGradients == null) {
      return;
    }
    sharing.await();
    sharing = Pending.DONE;
    try (var _ = NativeScope.open();
        var _ = NoGrad.open()) {
      gradients.add_(bucket.slice(fullGradients, processes.rank()));
    }
    pool.giveBack(fullGradients);
    fullGradients = null;
  }

  /** Frees all parameters but this process's slice. */
  void release() {
    bucket.empty();
    pool.giveBack(fetched);
    fetched = null;
  }

  /** Makes the first process hold all parameters again; the optimizer is of no use after it. */
  void assemble() {
    fetch(pool);
    awaitFetched();
    values.slice().close();
    gradients.close();
    moments.close();
    if (!processes.isFirst()) {
      release();
    }
  }

  @Override
  public void close() {
    fetching.await();
    values.slice().close();
    gradients.close();
    moments.close();
  }
}
