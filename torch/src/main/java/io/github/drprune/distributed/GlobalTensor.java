package io.github.drprune.distributed;

import io.github.drprune.libtorch.NoGrad;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import org.bytedeco.pytorch.Tensor;

/** A float32 tensor of a run, of which a process may hold only a part. */
public interface GlobalTensor {
  /** Of the whole. */
  long[] shape();

  /** All of it, in the caller's scope and not to be changed; to be called by every process. */
  Tensor whole();

  /**
   * Takes over what this process holds of {@code values}.
   *
   * @param values of all of it, float32, on the CPU
   */
  void restore(Tensor values);

  /** A tensor that every process holds. */
  static GlobalTensor of(Tensor tensor) {
    return new GlobalTensor() {
      @Override
      public long[] shape() {
        return tensor.shape();
      }

      @Override
      public Tensor whole() {
        return tensor.detach();
      }

      @Override
      public void restore(Tensor values) {
        try (var _ = NoGrad.open()) {
          tensor.copy_(values);
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
