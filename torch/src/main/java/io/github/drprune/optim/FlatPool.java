package io.github.drprune.optim;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Flat tensors that blocks use in turn. If each block had its own made anew, the allocator would
 * place them wherever there is a gap and in the end hold far more memory than is ever in use.
 */
final class FlatPool implements AutoCloseable {
  private final ScalarType type;
  private final List<Tensor> all = new ArrayList<>();
  private final Map<Long, Deque<Tensor>> free = new HashMap<>(); // by length

  /**
   * @param type of the elements
   */
  FlatPool(ScalarType type) {
    this.type = type;
  }

  /** One for all slices of {@code bucket}, of any content; made where none is free. */
  Tensor take(Bucket bucket) {
    Deque<Tensor> fitting = free.get(bucket.length());
    if (fitting != null && !fitting.isEmpty()) {
      return fitting.pop();
    }
    Tensor made = bucket.newFlat(type);
    all.add(made);
    return made;
  }

  void giveBack(Tensor flat) {
    free.computeIfAbsent(flat.size(0), _ -> new ArrayDeque<>()).push(flat);
  }

  /** How many were made so far. */
  int made() {
    return all.size();
  }

  /** Frees those in use as well. */
  @Override
  public void close() {
    all.forEach(Tensor::close);
  }
}
