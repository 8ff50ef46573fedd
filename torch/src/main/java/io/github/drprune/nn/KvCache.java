package io.github.drprune.nn;

import static org.bytedeco.pytorch.global.torch.zeros;

import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.Ops;
import io.github.drprune.nn.Attention.Qkv;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;

/** The keys and values of the positions that generation has behind it. */
public final class KvCache implements AutoCloseable {
  /** What a block sees of what stands before the tokens at hand. */
  public sealed interface Past {
    /** Nothing: training and evaluation. */
    Past NONE = new Nothing();

    /** Nothing, and rows of several texts. */
    static Past within(Segments segments) {
      return segments.isNone() ? NONE : new Packed(segments);
    }

    /** What {@code attention} makes of each text by itself, put together again [B, heads, T, d]. */
    Tensor each(Qkv whole, BiFunction<Qkv, OfOneLength, Tensor> attention);
  }

  /** The past of one text, or of several that are equally long. */
  public sealed interface OfOneLength extends Past {
    /** Positions before the ones at hand. */
    long length();

    /** All keys up to now, after adding {@code k} [B, kv heads, T, d]. */
    Tensor appendKeys(Tensor k);

    /** All values up to now, after adding {@code v} [B, kv heads, T, d]. */
    Tensor appendValues(Tensor v);

    @Override
    default Tensor each(Qkv whole, BiFunction<Qkv, OfOneLength, Tensor> attention) {
      return attention.apply(whole, this);
    }
  }

  private record Nothing() implements OfOneLength {
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

  private record Packed(Segments segments) implements Past {
    @Override
    public Tensor each(Qkv whole, BiFunction<Qkv, OfOneLength, Tensor> attention) {
      return segments.each(whole, text -> attention.apply(text, new Nothing()));
    }
  }

  /** The pasts of texts of any lengths, a row each. */
  private record SideBySide(List<Layer> texts) implements Past {
    @Override
    public Tensor each(Qkv whole, BiFunction<Qkv, OfOneLength, Tensor> attention) {
      List<Tensor> contexts = new ArrayList<>();
      for (int row = 0; row < texts.size(); row++) {
        var own =
            new Qkv(
                whole.q().narrow(0, row, 1),
                whole.k().narrow(0, row, 1),
                whole.v().narrow(0, row, 1));
        contexts.add(attention.apply(own, texts.get(row)));
      }
      return Ops.concatenate(contexts, 0);
    }
  }

  /**
   * A layer's past as several texts see it that all begin with the one in the cache; what they add
   * is not kept.
   */
  private record Branches(Layer trunk) implements OfOneLength {
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

  private final class Layer implements OfOneLength {
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

  /** The past of a layer for texts that have a cache each, a row a text. */
  public static Past sideBySide(List<KvCache> texts, int index) {
    return new SideBySide(texts.stream().map(text -> text.layers.get(index)).toList());
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
