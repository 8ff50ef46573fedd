package io.github.drprune.prune;

import io.github.drprune.error.UserException;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.model.CausalLm;
import io.github.drprune.model.ModelConfig;
import io.github.drprune.model.ModelOptions;
import io.github.drprune.model.TensorShape;
import io.github.drprune.nn.Axis;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Cuts a model by masks: the masks are folded into the weights and what they keep is selected along
 * every axis, so that the smaller model computes what the masked one does. Weights stay of the type
 * they are stored in; layers are renumbered.
 */
public final class Cut {
  private final CausalLm model;
  private final MaskValues masks;
  private final List<LayerPair> layers;
  private final ModelConfig target;
  private final Map<String, TensorShape> shapes;
  private final Map<String, String> sources;
  private final Map<String, Tensor> folded = new HashMap<>();

  private Cut(CausalLm model, MaskValues masks) {
    this.model = model;
    this.masks = masks;
    this.layers = masks.layers();
    this.target = masks.shape().cutFrom(model.config(), masks.layout().policy());
    this.shapes = model.config().tensors();
    this.sources = sources();
  }

  /**
   * The smaller model, held as {@code options} say.
   *
   * @throws UserException when the masks are of another model or do not keep the same in every
   *     layer
   */
  public static CausalLm apply(CausalLm model, MaskValues masks, ModelOptions options) {
    if (!model.config().equals(masks.layout().config())) {
      throw new UserException("masks: they are of another model than the one to cut");
    }
    return new Cut(model, masks).cut(options);
  }

  private CausalLm cut(ModelOptions options) {
    try (var _ = NoGrad.open()) {
      foldMasks();
      return CausalLm.of(
          target,
          options,
          shape -> tensor(sources.get(shape.name())),
          shape -> model.weights().get(sources.get(shape.name())).stored(),
          () -> {});
    } finally {
      folded.values().forEach(Tensor::close);
    }
  }

  /** Keeps what stays of the weights that the masks change. */
  private void foldMasks() {
    Set<String> needed = Set.copyOf(sources.values());
    try (var _ = NativeScope.open()) {
      model.fold(
          masks.on(model.device()),
          (weight, scaled) -> {
            if (needed.contains(weight.name())) {
              folded.put(weight.name(), NativeScope.keep(select(scaled, weight.name())));
            }
          });
    }
  }

  private Tensor tensor(String source) {
    return folded.containsKey(source)
        ? folded.get(source)
        : select(model.weights().get(source).tensor(), source);
  }

  /** A copy of the part of a source weight, scaled or not, that stays. */
  private Tensor select(Tensor weight, String name) {
    TensorShape shape = shapes.get(name);
    Tensor selected = weight.detach();
    for (int dimension = 0; dimension < shape.axes().size(); dimension++) {
      long[] kept = kept(shape.axes().get(dimension), shape.layer());
      if (kept.length < shape.sizes()[dimension]) {
        Tensor index = Tensors.of(kept, kept.length).to(model.device(), ScalarType.Long);
        selected = selected.index_select(dimension, index);
      }
    }
    // The source's own memory may lie in a file's mapping, which closes with it.
    return selected.data_ptr().address() == weight.data_ptr().address()
        ? selected.clone()
        : selected;
  }

  private long[] kept(Axis axis, int layer) {
    int headSize = model.config().headSize();
    return switch (axis) {
      case VOCABULARY -> runs(IntStream.range(0, model.config().vocabularySize()).toArray(), 1);
      case HIDDEN -> runs(masks.hidden(), 1);
      case QUERY -> runs(masks.heads(layer), headSize);
      case KEY_VALUE -> runs(masks.kvHeads(layer), headSize);
      case FUSED_QUERY_KEY_VALUE -> runs(masks.heads(layer), 3 * headSize);
      case INTERMEDIATE -> runs(masks.intermediate(layer), 1);
    };
  }

  /** The indices that runs of {@code length} cover, the k-th from k x length on. */
  private static long[] runs(int[] kept, int length) {
    return Arrays.stream(kept)
        .asLongStream()
        .flatMap(unit -> LongStream.range(unit * length, (unit + 1) * length))
        .toArray();
  }

  /** For the name of each weight of the cut model the name of the source's. */
  private Map<String, String> sources() {
    List<List<String>> from = byLayer(model.config());
    List<List<String>> to = byLayer(target);
    Set<String> ofMlp = new HashSet<>();
    model.blocks().forEach(block -> block.mlpWeights(weight -> ofMlp.add(weight.name())));
    Map<String, String> sources = new HashMap<>();
    for (int i = 0; i < to.getLast().size(); i++) {
      sources.put(to.getLast().get(i), from.getLast().get(i));
    }
    for (int layer = 0; layer < layers.size(); layer++) {
      LayerPair pair = layers.get(layer);
      for (int i = 0; i < to.get(layer).size(); i++) {
        String mlp = from.get(pair.mlp()).get(i);
        String attention = from.get(pair.attention()).get(i);
        sources.put(to.get(layer).get(i), ofMlp.contains(mlp) ? mlp : attention);
      }
    }
    return sources;
  }

  /** The names of each layer's weights in the order they are used; those of no layer come last. */
  private static List<List<String>> byLayer(ModelConfig config) {
    List<List<String>> names = new ArrayList<>();
    for (int layer = 0; layer <= config.layers(); layer++) {
      names.add(new ArrayList<>());
    }
    for (TensorShape shape : config.tensors().values()) {
      names.get(shape.layer() < 0 ? config.layers() : shape.layer()).add(shape.name());
    }
    return names;
  }
}
