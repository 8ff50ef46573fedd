package io.github.drprune.optim;

import io.github.drprune.distributed.GlobalTensor;
import io.github.drprune.distributed.ProcessGroup;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.Ops;
import io.github.drprune.optim.Bucket.Overlap;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A slice of a bucket's values, of which the other processes hold the others.
 *
 * @param slice [sliceLength]
 */
record SharedSlice(Bucket bucket, ProcessGroup processes, Tensor slice) {
  /** The values of parameter {@code name}. */
  GlobalTensor of(String name) {
    Overlap mine = bucket.overlap(name, processes.rank());
    return new GlobalTensor() {
      @Override
      public long[] shape() {
        return bucket.shape(name);
      }

      /** Each element is a sum of zeros and of itself, so no process need know what others hold. */
      @Override
      public Tensor whole() {
        try (var scope = NativeScope.open();
            var _ = NoGrad.open()) {
          Tensor all = scope.pass(Ops.zeros(slice, ScalarType.Float, shape()));
          if (mine.length() > 0) {
            mine.of(all).copy_(mine.ofSlice(slice));
          }
          processes.sum(all).await();
          return all;
        }
      }

      @Override
      public void restore(Tensor values) {
        try (var _ = NativeScope.open();
            var _ = NoGrad.open()) {
          if (mine.length() > 0) {
            mine.ofSlice(slice).copy_(mine.of(values));
          }
        }
      }
    };
  }
}
