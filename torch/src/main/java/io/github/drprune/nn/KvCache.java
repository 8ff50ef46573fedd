package io.github.drprune.nn;

import static org.bytedeco.pytorch.global.torch.zeros;

import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.Ops;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;

/** The keys and values of the positions that generation has behind it. */
public final class KvCache implements AutoCloseable {
  /** What a block sees of the cache. */
  public sealed interface Past {
    /** No cache: training and evaluation. */
    Past NONE = new Within(Segments.NONE);

    /** No cache, and rows of several texts. */
    static Past within(Segments segments) {
      return segments.isNone() ? NONE : new Within(segments);
    }

    /** The texts that the rows at hand are made of. */
    default Segments segments() {
      return Segments.NONE;
    }

    /** Positions before the ones at hand. */
    long length();

    /** All keys up to now, after adding {@code k} [B, kv heads, T, d]. */
    Tensor appendKeys(Tensor k);

    /** All values up to now, after adding {@code v} [B, kv heads, T, d]. */
    Tensor appendValues(Tensor v);
  }

  private record Within(Segments segments) implements Past {
    @Override
    public long length() {
      return 0;
    }

    @Override
    public Tensor appendKeys(Tensor k) {
      return k;
    }

    @Override
    public Tensor appendValues(Tensor v) {
      return v;
    }
  }

  /**
   * A layer's past as several texts see it that all begin with the one in the cache; what they add
   * is not kept.
   */
  private record Branches(Layer trunk) implements Past {
    @Override
    public long length() {
      return trunk.length();
    }

    @Override
    public Tensor appendKeys(Tensor k) {
      return joined(trunk.keys, k);
    }

    @Override
    public Tensor appendValues(Tensor v) {
      return joined(trunk.values, v);
    }

    private Tensor joined(Tensor store, Tensor added) {
      Tensor before = store.narrow(2, 0, length());
      Tensor shared = before.expand(added.size(0), -1, -1, -1);
      return Ops.concatenate(List.of(shared, added), 2);
    }
  }

  private final class Layer implements Past {
    private final Tensor keys; // [B, kv heads, capacity, d]
    private final Tensor values;

    Layer(long[] shape, TensorOptions options) {
      keys = NativeScope.keep(zeros(shape, options));
      values = NativeScope.keep(zeros(shape, options));
    }

    @Override
    public long length() {
      return length;
    }

    @Override
    public Tensor appendKeys(Tensor k) {
      return append(keys, k);
    }

    @Override
    public Tensor appendValues(Tensor v) {
      return append(values, v);
    }

    private Tensor append(Tensor store, Tensor added) {
      store.narrow(2, length, added.size(2)).copy_(added);
      return store.narrow(2, 0, length + added.size(2));
    }
  }

  private final List<Layer> layers = new ArrayList<>();
  private final long capacity;
  private long length;

  /**
   * Room for {@code capacity} positions.
   *
   * @param headDim size of one key or value
   */
  public KvCache(
      int layers, long batch, int kvHeads, long capacity, int headDim, TensorOptions options) {
    this.capacity = capacity;
    try (var _ = NativeScope.open()) {
      for (int i = 0; i < layers; i++) {
        this.layers.add(new Layer(new long[] {batch, kvHeads, capacity, headDim}, options));
      }
    }
  }

  public long length() {
    return length;
  }

  public Past layer(int index) {
    return layers.get(index);
  }

  /** The past of a layer for several texts that go on from a cache of one. */
  public Past branches(int index) {
    return new Branches(layers.get(index));
  }

  /** Makes {@code positions} that all layers have appended part of the past. */
  public void advance(long positions) {
    if (length + positions > capacity) {
      throw new IllegalStateException("cache of %d positions is full".formatted(capacity));
    }
    length += positions;
  }

  /** Forgets all positions. */
  public void clear() {
    length = 0;
  }

  /** Forgets all positions but the first {@code positions}. */
  public void cutTo(long positions) {
    length = Math.min(length, positions);
  }

  @Override
  public void close() {
    for (Layer layer : layers) {
      layer.keys.close();
      layer.values.close();
    }
  }
}
