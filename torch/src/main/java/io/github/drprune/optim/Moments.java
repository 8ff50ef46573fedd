package io.github.drprune.optim;

import io.github.drprune.distributed.GlobalTensor;
import io.github.drprune.distributed.Mesh;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import org.bytedeco.pytorch.Tensor;

/** This process's slice of the moments of a bucket of parameters. */
final class Moments implements AutoCloseable {
  private final Bucket bucket;
  private final SharedSlice means;
  private final SharedSlice squares;

  Moments(Bucket bucket, Mesh mesh) {
    this.bucket = bucket;
    this.means = new SharedSlice(bucket, mesh, bucket.newSlice());
    this.squares = new SharedSlice(bucket, mesh, bucket.newSlice());
  }

  /** [sliceLength]. */
  Tensor means() {
    return means.slice();
  }

  /** [sliceLength]. */
  Tensor squares() {
    return squares.slice();
  }

  /** Of each parameter, named {@code parameter/mean} and {@code .../square}. */
  SequencedMap<String, GlobalTensor> byName() {
    SequencedMap<String, GlobalTensor> named = new LinkedHashMap<>();
    for (String name : bucket.names()) {
      named.put(name + "/mean", means.of(name));
      named.put(name + "/square", squares.of(name));
    }
    return named;
  }

  @Override
  public void close() {
    means.slice().close();
    squares.slice().close();
  }
}
