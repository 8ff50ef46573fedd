package io.github.drprune.optim;

import io.github.drprune.distributed.GlobalTensor;
import io.github.drprune.distributed.Mesh;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.optim.Bucket.Overlap;
import java.util.Optional;
import org.bytedeco.pytorch.Tensor;

/**
 * A slice of a bucket's values, of which the other processes hold the others.
 *
 * @param mesh of whose rows each holds all slices
 * @param slice [sliceLength]
 */
record SharedSlice(Bucket bucket, Mesh mesh, Tensor slice) {
  /** The values of parameter {@code name}. */
  GlobalTensor of(String name) {
    Overlap mine = bucket.overlap(name, mesh.row().rank());
    return new GlobalTensor() {
      @Override
      public long[] shape() {
        return bucket.shape(name);
      }

      @Override
      public boolean isEverywhere() {
        return false;
      }

      @Override
      public Optional<Piece> stored() {
        boolean stores = mesh.column().isFirst() && mine.length() > 0;
        return stores
            ? Optional.of(new Piece(mine.from(), mine.length(), () -> mine.ofSlice(slice)))
            : Optional.empty();
      }

      @Override
      public void restore(Piece piece) {
        long from = Math.max(mine.from(), piece.from());
        long length = Math.min(mine.from() + mine.length(), piece.end()) - from;
        if (length <= 0) {
          return;
        }
        try (var _ = NoGrad.open()) {
          Tensor here = mine.ofSlice(slice).narrow(0, from - mine.from(), length);
          here.copy_(piece.values().get().view(-1).narrow(0, from - piece.from(), length));
        }
      }
    };
  }
}
