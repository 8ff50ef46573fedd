package io.github.drprune.distributed;

import io.github.drprune.libtorch.NoGrad;
import java.util.LinkedHashMap;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.Supplier;
import org.bytedeco.pytorch.Tensor;

/** A float32 tensor of a run, of which a process may hold only a part. */
public interface GlobalTensor {
  /**
   * Elements of a tensor that follow each other in row-major order.
   *
   * @param from index of the first
   * @param length how many
   * @param values makes a tensor of them, of any shape, in the caller's scope
   */
  record Piece(long from, long length, Supplier<Tensor> values) {
    /** Index after the last. */
    public long end() {
      return from + length;
    }
  }

  /** Of the whole. */
  long[] shape();

  /** Whether every process holds all of it. */
  boolean isEverywhere();

  /**
   * What this process is to store, so that the processes together store every element; empty where
   * others do. Of what is everywhere one of them need store it.
   */
  Optional<Piece> stored();

  /** Takes over what this process holds of {@code piece}, which lies on the CPU. */
  void restore(Piece piece);

  /** A tensor that every process holds. */
  static GlobalTensor of(Tensor tensor) {
    return new GlobalTensor() {
      @Override
      public long[] shape() {
        return tensor.shape();
      }

      @Override
      public boolean isEverywhere() {
        return true;
      }

      @Override
      public Optional<Piece> stored() {
        return Optional.of(new Piece(0, tensor.numel(), tensor::detach));
      }

      @Override
      public void restore(Piece piece) {
        try (var _ = NoGrad.open()) {
          Tensor here = tensor.view(-1).narrow(0, piece.from(), piece.length());
          here.copy_(piece.values().get().view(-1));
        }
      }
    };
  }

  /** Tensors that every process holds, by name. */
  static SequencedMap<String, GlobalTensor> of(SequencedMap<String, Tensor> tensors) {
    SequencedMap<String, GlobalTensor> all = new LinkedHashMap<>();
    tensors.forEach((name, tensor) -> all.put(name, of(tensor)));
    return all;
  }
}
