package io.github.drprune.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.drprune.error.UserException;
import io.github.drprune.model.Axis.Unit;
import io.github.drprune.model.TensorRole.Place;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/**
 * What a model is, as data: everything that its {@code config.json} says of the architecture. The
 * program builds it, masks it and cuts it from this alone.
 *
 * @param headDim dimensions of one head
 * @param contextLength the longest sequence the model was made for, in tokens
 * @param tiedEmbeddings whether the head is the token embedding
 * @param biased the linear layers that have a bias
 * @param parallelResidual whether both halves of a layer read its input; otherwise the MLP reads
 *     what attention left
 * @param source the file's content, kept so that writing changes only what changed
 */
public record ModelSpec(
    ModelFamily family,
    ModelShape shape,
    int headDim,
    int vocabularySize,
    int contextLength,
    boolean tiedEmbeddings,
    Set<TensorRole> biased,
    Activation activation,
    boolean parallelResidual,
    NormSpec norm,
    AttentionSpec attention,
    Multipliers multipliers,
    ObjectNode source) {

  private static final int MOST_WORDS = 1 << 26;

  public ModelSpec {
    ModelShape.within("head dim", headDim, ModelShape.MOST_HEADS);
    ModelShape.within("vocabulary size", vocabularySize, MOST_WORDS);
    ModelShape.within("context length", contextLength, Integer.MAX_VALUE);
    if (shape.heads() % shape.kvHeads() != 0) {
      throw new UserException(
          "heads: %d query heads cannot share %d key/value heads evenly"
              .formatted(shape.heads(), shape.kvHeads()));
    }
    if (attention.layers().size() != shape.layers()) {
      throw new IllegalArgumentException(
          "attention of %d layers for %d".formatted(attention.layers().size(), shape.layers()));
    }
    biased = Set.copyOf(biased);
  }

  public int hiddenSize() {
    return shape.hiddenSize();
  }

  public int layers() {
    return shape.layers();
  }

  /** Query heads of a layer. */
  public int heads() {
    return shape.heads();
  }

  /** Key/value heads of a layer. */
  public int kvHeads() {
    return shape.kvHeads();
  }

  public int intermediateSize() {
    return shape.intermediateSize();
  }

  /** Query heads that share one key/value head. */
  public int groupSize() {
    return heads() / kvHeads();
  }

  /**
   * What this smaller model of {@code whole} breaks of the rules that {@code reader} has, a line
   * each.
   */
  public List<String> brokenRules(ModelSpec whole, SizeRule.Reader reader) {
    return family.sizeRules(this).stream()
        .filter(rule -> rule.reader() == reader)
        .flatMap(rule -> rule.broken(this, whole).stream())
        .toList();
  }

  /** Whether a model of these sizes, else like this one, keeps to the {@code rules} of readers. */
  public boolean allows(int hiddenSize, int heads, Predicate<SizeRule> rules) {
    return family.sizeRules(this).stream()
        .filter(rules)
        .allMatch(rule -> rule.allows(hiddenSize, heads, headDim));
  }

  /** Whether the hidden size must be heads x head dim. */
  public boolean hiddenFollowsHeads() {
    return family.sizeRules(this).stream()
        .anyMatch(
            rule ->
                rule.isBinding()
                    && rule.relation() == SizeRule.Relation.HIDDEN_EQUALS_HEADS_BY_HEAD_DIM);
  }

  /** Whether a family of this kind stores a tensor of this role. */
  public boolean has(TensorRole role) {
    return family.tensors().stream().anyMatch(tensor -> tensor.role() == role);
  }

  /** Units of a kind, in a layer where they are a layer's. */
  public int count(Unit unit) {
    return switch (unit) {
      case VOCABULARY -> vocabularySize;
      case HIDDEN -> hiddenSize();
      case QUERY_HEAD -> heads();
      case KEY_VALUE_HEAD -> kvHeads();
      case INTERMEDIATE -> intermediateSize();
      case HEAD_DIM -> headDim;
    };
  }

  /** Learned numbers in all, a tied head counted once. */
  public long parameters() {
    return tensors().values().stream().mapToLong(TensorShape::elements).sum();
  }

  /** Learned numbers in the matrices of all blocks. */
  public long blockParameters() {
    return tensors().values().stream()
        .filter(tensor -> tensor.role().isInLayer() && tensor.isMatrix())
        .mapToLong(TensorShape::elements)
        .sum();
  }

  /** The tensors of a checkpoint of this model, by name, in the order they are used. */
  public SequencedMap<String, TensorShape> tensors() {
    SequencedMap<String, TensorShape> tensors = new LinkedHashMap<>();
    add(tensors, Place.EMBEDDING, -1);
    for (int layer = 0; layer < layers(); layer++) {
      add(tensors, Place.ATTENTION, layer);
      add(tensors, Place.MLP, layer);
    }
    add(tensors, Place.HEAD, -1);
    return tensors;
  }

  private void add(SequencedMap<String, TensorShape> tensors, Place place, int layer) {
    for (TensorName tensor : family.tensors()) {
      boolean tied = tensor.role() == TensorRole.HEAD && tiedEmbeddings;
      if (tensor.role().place() == place && !tied) {
        TensorShape weight = weight(tensor.role(), layer);
        tensors.put(weight.name(), weight);
        if (hasBias(tensor.role())) {
          TensorShape bias = bias(tensor.role(), layer);
          tensors.put(bias.name(), bias);
        }
      }
    }
  }

  /** The weight of a role that the family has. */
  public TensorShape weight(TensorRole role, int layer) {
    return tensor(role, layer, ".weight", role.axes(headDim));
  }

  /** The bias of a role that has one. */
  public TensorShape bias(TensorRole role, int layer) {
    return tensor(role, layer, ".bias", role.axes(headDim).subList(0, 1));
  }

  /** The tensor that does in {@code layer} what {@code tensor} does in its layer. */
  public TensorShape like(TensorShape tensor, int layer) {
    return tensor.isBias() ? bias(tensor.role(), layer) : weight(tensor.role(), layer);
  }

  public boolean hasBias(TensorRole role) {
    return role.isNorm() ? norm.kind() == NormSpec.Kind.LAYER : biased.contains(role);
  }

  private TensorShape tensor(TensorRole role, int layer, String suffix, List<Axis> axes) {
    TensorName name =
        family.tensors().stream()
            .filter(tensor -> tensor.role() == role)
            .findFirst()
            .orElseThrow(() -> new IllegalArgumentException(family + " has no " + role));
    long[] sizes = axes.stream().mapToLong(axis -> axis.size(this)).toArray();
    return new TensorShape(name.in(layer, suffix), role, layer, axes, sizes);
  }

  /**
   * The same architecture at another size; head dim, vocabulary and everything else stay. Of fewer
   * layers it has the first.
   */
  public ModelSpec resized(ModelShape target) {
    AttentionSpec first =
        target.layers() == layers()
            ? attention
            : attention.select(IntStream.range(0, target.layers()).toArray());
    return builder().shape(target).attention(first).build();
  }

  /**
   * The same with the layers given, and with what its configuration lists for each of them.
   *
   * @param attentionFrom for each layer, the one of this model that its attention half is from
   * @param mlpFrom the same of its MLP half
   */
  public ModelSpec layersFrom(int[] attentionFrom, int[] mlpFrom) {
    var fewer =
        new ModelShape(hiddenSize(), attentionFrom.length, heads(), kvHeads(), intermediateSize());
    return builder()
        .shape(fewer)
        .attention(attention.select(attentionFrom))
        .source(PerLayerKeys.select(source, attentionFrom, mlpFrom))
        .build();
  }

  /** The same with a head of its own. */
  ModelSpec untied() {
    ObjectNode json = source.deepCopy();
    json.put("tie_word_embeddings", false);
    return builder().tiedEmbeddings(false).source(json).build();
  }

  /** The content of the {@code config.json} of a checkpoint of this model. */
  public ObjectNode toJson() {
    ObjectNode json = source.deepCopy();
    json.put("hidden_size", hiddenSize());
    json.put("num_hidden_layers", layers());
    json.put("num_attention_heads", heads());
    json.put("intermediate_size", intermediateSize());
    json.put("vocab_size", vocabularySize);
    family.write(this, json);
    return json;
  }

  private Builder builder() {
    return new Builder(family, shape, headDim, source)
        .vocabularySize(vocabularySize)
        .contextLength(contextLength)
        .tiedEmbeddings(tiedEmbeddings)
        .biased(biased)
        .activation(activation)
        .parallelResidual(parallelResidual)
        .norm(norm)
        .attention(attention)
        .multipliers(multipliers);
  }

  /** Gathers a description; what is not said is as in most models. */
  static final class Builder {
    private final ModelFamily family;
    private final int headDim;
    private ModelShape shape;
    private ObjectNode source;
    private int vocabularySize;
    private int contextLength;
    private boolean tiedEmbeddings;
    private Set<TensorRole> biased = Set.of();
    private Activation activation;
    private boolean parallelResidual;
    private NormSpec norm;
    private AttentionSpec attention;
    private Multipliers multipliers = Multipliers.ONE;

    Builder(ModelFamily family, ModelShape shape, int headDim, ObjectNode source) {
      this.family = family;
      this.shape = shape;
      this.headDim = headDim;
      this.source = source;
    }

    private Builder shape(ModelShape value) {
      shape = value;
      return this;
    }

    private Builder source(ObjectNode value) {
      source = value;
      return this;
    }

    Builder vocabularySize(int value) {
      vocabularySize = value;
      return this;
    }

    Builder contextLength(int value) {
      contextLength = value;
      return this;
    }

    Builder tiedEmbeddings(boolean value) {
      tiedEmbeddings = value;
      return this;
    }

    Builder biased(Set<TensorRole> value) {
      biased = value;
      return this;
    }

    Builder activation(Activation value) {
      activation = value;
      return this;
    }

    Builder parallelResidual(boolean value) {
      parallelResidual = value;
      return this;
    }

    Builder norm(NormSpec value) {
      norm = value;
      return this;
    }

    /** All layers alike, without windows. */
    Builder rotary(RotarySpec value) {
      return attention(AttentionSpec.uniform(shape.layers(), value, headDim));
    }

    Builder attention(AttentionSpec value) {
      attention = value;
      return this;
    }

    Builder attention(UnaryOperator<AttentionSpec> change) {
      return attention(change.apply(attention));
    }

    Builder multipliers(Multipliers value) {
      multipliers = value;
      return this;
    }

    ModelSpec build() {
      return new ModelSpec(
          family,
          shape,
          headDim,
          vocabularySize,
          contextLength,
          tiedEmbeddings,
          biased,
          activation,
          parallelResidual,
          norm,
          attention,
          multipliers,
          source);
    }
  }
}
