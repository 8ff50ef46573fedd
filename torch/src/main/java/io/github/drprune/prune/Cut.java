package io.github.drprune.prune;

import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.model.Axis.Unit;
import io.github.drprune.model.CausalLm;
import io.github.drprune.model.ModelOptions;
import io.github.drprune.model.ModelShape;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.model.TensorShape;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
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
  private final ModelSpec target;
  private final Map<String, TensorShape> shapes;
  private final Map<String, String> sources;
  private final Map<String, Tensor> folded = new HashMap<>();

  private Cut(CausalLm model, MaskValues masks) {
    this.model = model;
    this.masks = masks;
    this.layers = masks.layers();
    this.target = target(model.spec(), masks);
    this.shapes = model.spec().tensors();
    this.sources = sources();
  }

  /**
   * What {@code masks} leave of a model, before anything of it is loaded.
   *
   * @throws io.github.drprune.error.UserException as {@link #apply} does
   */
  public static ModelSpec target(ModelSpec model, MaskValues masks) {
    masks.layout().checkModel(model);
    ModelShape shape = masks.shape();
    List<LayerPair> layers = masks.layers();
    ModelSpec kept =
        model.layersFrom(
            layers.stream().mapToInt(LayerPair::attention).toArray(),
            layers.stream().mapToInt(LayerPair::mlp).toArray());
    return masks.layout().policy().cut(kept, shape);
  }

  /**
   * The smaller model, held as {@code options} say.
   *
   * @throws io.github.drprune.error.UserException when the masks are of another model or do not
   *     keep the same in every layer
   */
  public static CausalLm apply(CausalLm model, MaskValues masks, ModelOptions options) {
    return of(model, masks).model(options);
  }

  /** A cut that can be looked into. */
  static Cut of(CausalLm model, MaskValues masks) {
    return new Cut(model, masks);
  }

  /**
   * The rows of a source matrix that stay, all columns with them, unscaled.
   *
   * @param name of the matrix in the smaller model
   */
  Tensor rows(String name) {
    String from = sources.get(name);
    return select(model.weights().get(from).tensor(), from, 1);
  }

  CausalLm model(ModelOptions options) {
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
          MaskTensors.of(masks, model.device()),
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
    return select(weight, name, shapes.get(name).axes().size());
  }

  /** The same along the first {@code dimensions}. */
  private Tensor select(Tensor weight, String name, int dimensions) {
    TensorShape shape = shapes.get(name);
    Tensor selected = weight.detach();
    for (int dimension = 0; dimension < dimensions; dimension++) {
      long[] kept =
          shape.axes().get(dimension).places(unit -> kept(unit, shape.layer()), model.spec());
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

  private int[] kept(Unit unit, int layer) {
    return switch (unit) {
      case VOCABULARY -> IntStream.range(0, model.spec().vocabularySize()).toArray();
      case HIDDEN -> masks.hidden();
      case QUERY_HEAD -> masks.heads(layer);
      case KEY_VALUE_HEAD -> masks.kvHeads(layer);
      case INTERMEDIATE -> masks.intermediate(layer);
      case HEAD_DIM -> IntStream.range(0, model.spec().headDim()).toArray();
    };
  }

  /** For the name of each weight of the cut model the name of the source's. */
  private Map<String, String> sources() {
    Map<String, String> sources = new HashMap<>();
    for (TensorShape tensor : target.tensors().values()) {
      int layer =
          switch (tensor.role().place()) {
            case EMBEDDING, HEAD -> -1;
            case ATTENTION -> layers.get(tensor.layer()).attention();
            case MLP -> layers.get(tensor.layer()).mlp();
          };
      sources.put(tensor.name(), model.spec().like(tensor, layer).name());
    }
    return sources;
  }
}
