package io.github.drprune.prune;

import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.Ops;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.model.CausalLm;
import io.github.drprune.model.ModelOptions;
import io.github.drprune.model.TensorRole;
import io.github.drprune.model.TensorRole.Place;
import io.github.drprune.model.TensorShape;
import io.github.drprune.nn.Block;
import io.github.drprune.nn.ForwardHook;
import io.github.drprune.nn.HalfBlock;
import io.github.drprune.nn.HalfMasks;
import io.github.drprune.nn.KvCache.Past;
import io.github.drprune.nn.Linear;
import io.github.drprune.nn.Weight;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A cut whose weights are fitted to what the source computes: units that stay take over what those
 * that go did, as far as a linear map can. From the first layer to the last, on sample text, by
 * least squares: each matrix that reads the residual stream is given the map from the stream as the
 * small model has it to the source's, and each last linear stage of a half puts out what brings the
 * small model's stream nearest to the source's, earlier errors and layers that are gone included.
 * (The idea of Optimal Brain Surgeon for structures, as in ZipLM, arXiv 2302.04089, and SlimGPT,
 * arXiv 2412.18110.)
 */
public final class Reconstruction {
  private final CausalLm source;
  private final Cut cut;
  private final CausalLm small;
  private final MaskValues masks;
  private final Tensor hidden; // the hidden units that stay, int64
  private final Streams streams;

  /** The residual streams of both models on each batch, and where a block read them from. */
  private static final class Streams {
    private final List<Tensor> source = new ArrayList<>();
    private final List<Tensor> small = new ArrayList<>();
    private List<Tensor> sourceRead = source;
    private List<Tensor> smallRead = small;

    int count() {
      return source.size();
    }

    /** Halves side by side both read what came into their block. */
    void beginParallelBlock() {
      sourceRead = source.stream().map(Tensor::clone).toList();
      smallRead = small.stream().map(Tensor::clone).toList();
    }
  }

  private Reconstruction(
      CausalLm source, MaskValues masks, ModelOptions options, List<Tensor> batches) {
    this.source = source;
    this.masks = masks;
    this.cut = Cut.of(source, masks);
    this.small = cut.model(options);
    long[] kept = Arrays.stream(masks.hidden()).asLongStream().toArray();
    this.hidden = Tensors.of(kept, kept.length).to(source.device(), ScalarType.Long);
    this.streams = new Streams();
    for (Tensor tokens : batches) {
      streams.source.add(source.embed(tokens, null).clone());
      streams.small.add(small.embed(tokens, null).clone());
    }
  }

  /**
   * Cuts {@code source} by masks of 0 and 1 and fits what stays.
   *
   * @param batches tokens to fit on, int64 [B, T]; the streams of all are held at once
   * @param options how the small model is held; it must be trainable, since its weights are written
   */
  public static CausalLm apply(
      CausalLm source, MaskValues masks, ModelOptions options, List<Tensor> batches) {
    try (var _ = NativeScope.open();
        var _ = NoGrad.open()) {
      var fit = new Reconstruction(source, masks, options, batches);
      fit.run();
      return fit.small;
    }
  }

  private void run() {
    List<LayerPair> layers = masks.layers();
    int next = 0; // halves of the small model done, two a layer
    for (int layer = 0; layer < source.spec().layers(); layer++) {
      try (var _ = NativeScope.open()) {
        if (source.spec().parallelResidual()) {
          streams.beginParallelBlock();
        }
        for (Place place : List.of(Place.ATTENTION, Place.MLP)) {
          if (next / 2 < layers.size() && isHalf(layers.get(next / 2), next % 2, layer, place)) {
            fit(layer, next / 2, place);
            next++;
          } else {
            skip(half(source, layer, place));
          }
        }
      }
    }
    fitHead();
  }

  /** Whether half {@code part} (0 or 1) of a small layer is that one of the source. */
  private static boolean isHalf(LayerPair pair, int part, int layer, Place place) {
    return part == 0
        ? place == Place.ATTENTION && pair.attention() == layer
        : place == Place.MLP && pair.mlp() == layer;
  }

  private static HalfBlock half(CausalLm model, int layer, Place place) {
    Block block = model.blocks().get(layer);
    return place == Place.ATTENTION ? block.attention() : block.mlp();
  }

  /** A half that is gone: only the source's stream moves on. */
  private void skip(HalfBlock half) {
    for (int i = 0; i < streams.count(); i++) {
      try (var _ = NativeScope.open()) {
        streams.source.get(i).add_(half.write(units(half, half.read(streams.sourceRead.get(i)))));
      }
    }
  }

  private void fit(int layer, int smallLayer, Place place) {
    HalfBlock large = half(source, layer, place);
    HalfBlock half = half(small, smallLayer, place);
    try (var map = new LeastSquares()) {
      for (int i = 0; i < streams.count(); i++) {
        try (var _ = NativeScope.open()) {
          Tensor wanted = large.read(streams.sourceRead.get(i));
          map.add(half.read(streams.smallRead.get(i)), wanted);
          streams.source.get(i).add_(large.write(units(large, wanted)));
        }
      }
      giveReaders(map, smallLayer, place);
    }
    if (half.after() == null) {
      fitOutput(half);
    }
    for (int i = 0; i < streams.count(); i++) {
      try (var _ = NativeScope.open()) {
        Tensor units = units(half, half.read(streams.smallRead.get(i)));
        streams.small.get(i).add_(half.write(units));
      }
    }
  }

  /** Gives the matrices of a half that read the stream the map from the small stream. */
  private void giveReaders(LeastSquares map, int smallLayer, Place place) {
    Tensor toSource = map.solve(selection()); // [hidden, kept]
    for (Weight weight : small.weights().values()) {
      TensorShape shape = weight.shape();
      if (shape.layer() == smallLayer && shape.role().place() == place && shape.readsResidual()) {
        weight.tensor().copy_(cut.rows(weight.name()).matmul(toSource));
      }
    }
  }

  private void fitOutput(HalfBlock half) {
    Linear output = half.body().output();
    try (var weights = new LeastSquares()) {
      for (int i = 0; i < streams.count(); i++) {
        try (var _ = NativeScope.open()) {
          Tensor units = units(half, half.read(streams.smallRead.get(i)));
          Tensor missing = streams.source.get(i).index_select(-1, hidden).sub(streams.small.get(i));
          Tensor wanted = Ops.mul(missing.to(ScalarType.Float), 1 / half.multiplier());
          Weight bias = output.bias();
          weights.add(units, bias == null ? wanted : wanted.sub(bias.tensor()));
        }
      }
      output.weight().tensor().copy_(weights.solve(output.weight().tensor()));
    }
  }

  /** A head that is the embedding stays as it is. */
  private void fitHead() {
    if (small.spec().tiedEmbeddings()) {
      return;
    }
    try (var map = new LeastSquares()) {
      for (int i = 0; i < streams.count(); i++) {
        try (var _ = NativeScope.open()) {
          map.add(
              small.normalise(streams.small.get(i), null),
              source.normalise(streams.source.get(i), null));
        }
      }
      giveReaders(map, -1, TensorRole.HEAD.place());
    }
  }

  /** The map that takes the small stream for the source's units that stay, [hidden, kept]. */
  private Tensor selection() {
    var options = Tensors.options(ScalarType.Float, source.device());
    return torch.eye(source.spec().hiddenSize(), options).index_select(1, hidden);
  }

  private static Tensor units(HalfBlock half, Tensor read) {
    return half.body().units(read, HalfMasks.NONE, Past.NONE, ForwardHook.NONE);
  }
}
