package io.github.drprune.model;

import static org.bytedeco.pytorch.global.torch.embedding;

import io.github.drprune.libtorch.GradientHook;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.Ops;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.nn.Block;
import io.github.drprune.nn.BlockMasks;
import io.github.drprune.nn.BlockWeights;
import io.github.drprune.nn.BlockWeights.Loan;
import io.github.drprune.nn.BlockWeights.Use;
import io.github.drprune.nn.ForwardHook;
import io.github.drprune.nn.Head;
import io.github.drprune.nn.HiddenMask;
import io.github.drprune.nn.Kernels;
import io.github.drprune.nn.KvCache;
import io.github.drprune.nn.KvCache.Past;
import io.github.drprune.nn.LossKernel.TokenLoss;
import io.github.drprune.nn.ModelMasks;
import io.github.drprune.nn.Rotary;
import io.github.drprune.nn.Targets;
import io.github.drprune.nn.Weight;
import io.github.drprune.safetensors.Dtype;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.GradMode;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A causal language model. Tokens are int64 [B, T]; hidden states are [B, T, hidden] and logits [B,
 * T, vocabulary] in the compute type. It owns its weights.
 */
public final class CausalLm implements AutoCloseable {
  private final ModelSpec spec;
  private final ModelParts parts;
  private final SequencedMap<String, Weight> weights = new LinkedHashMap<>();
  private final Map<RotarySpec, Rotary> rotaries = new LinkedHashMap<>();
  private final ModelOptions options;
  private final Runnable whenClosed;
  private BlockWeights blockWeights = BlockWeights.HELD;

  private CausalLm(
      ModelSpec spec,
      ModelOptions options,
      Function<TensorShape, Weight> source,
      Runnable whenClosed) {
    this.spec = spec;
    this.options = options;
    this.whenClosed = whenClosed;
    for (AttentionSpec.Layer layer : spec.attention().layers()) {
      layer.rotary().ifPresent(rotary -> rotaries.computeIfAbsent(rotary, this::rotary));
    }
    Function<TensorShape, Weight> remembering =
        shape -> {
          Weight weight = source.apply(shape);
          weights.put(weight.name(), weight);
          return weight;
        };
    this.parts = new ModelBuilder(spec, remembering, rotaries, options.kernels()).build();
  }

  private Rotary rotary(RotarySpec rotary) {
    return new Rotary(rotary, spec.contextLength(), options.device(), computeType());
  }

  /**
   * A model of the tensors given, held as {@code options} say.
   *
   * @param tensors of the shape asked for, of any floating type and device
   * @param stored the type that each has in a checkpoint
   * @param whenClosed releases what the tensors lie in
   */
  public static CausalLm of(
      ModelSpec spec,
      ModelOptions options,
      Function<TensorShape, Tensor> tensors,
      Function<TensorShape, Dtype> stored,
      Runnable whenClosed) {
    Function<TensorShape, Weight> source =
        shape -> {
          boolean isThere = options.holdsBlocks() || !shape.isBlockMatrix();
          try (var _ = NativeScope.open()) {
            Tensor held =
                isThere
                    ? ModelLoader.held(tensors.apply(shape), options)
                    : ModelLoader.absent(shape, options);
            return new Weight(shape, held, stored.apply(shape));
          }
        };
    return new CausalLm(spec, options, source, whenClosed);
  }

  public ModelSpec spec() {
    return spec;
  }

  public Device device() {
    return options.device();
  }

  /** Whether the blocks' matrices were there when the model was made. */
  public boolean heldBlocks() {
    return options.holdsBlocks();
  }

  /** The implementations that it computes with. */
  public Kernels kernels() {
    return options.kernels();
  }

  /** The type that passes compute in. */
  public ScalarType computeType() {
    return options.precision().scalarType();
  }

  /** The weights by their names in the checkpoint. */
  public SequencedMap<String, Weight> weights() {
    return Collections.unmodifiableSequencedMap(weights);
  }

  public List<Block> blocks() {
    return parts.blocks();
  }

  /** From now on passes borrow the blocks' weights from {@code source}. */
  public void borrowFrom(BlockWeights source) {
    blockWeights = source;
  }

  /** Makes the weights of block {@code index} be there until the loan is closed. */
  public Loan borrow(int index, Use use) {
    return blockWeights.borrow(index, use);
  }

  /** Borrows what a forward pass would, for the other processes that share the weights. */
  public void borrowForward() {
    for (int i = 0; i < blocks().size(); i++) {
      borrow(i, Use.FORWARD).close();
    }
  }

  /** Logits of every position. */
  public Tensor forward(Tensor tokens, ModelMasks masks) {
    return logits(hidden(tokens, masks));
  }

  /** Losses of all tokens but each row's first. */
  public TokenLoss loss(Tensor tokens, ModelMasks masks) {
    return loss(Targets.all(tokens), masks);
  }

  /** Losses of the tokens that {@code targets} name. */
  public TokenLoss loss(Targets targets, ModelMasks masks) {
    return loss(targets, hidden(targets, masks));
  }

  /** Losses given the final norm's output for the tokens of {@code targets}. */
  public TokenLoss loss(Targets targets, Tensor hidden) {
    return options.kernels().loss().loss(hidden, head(), targets);
  }

  /** What makes logits of the final norm's output. */
  public Head head() {
    Multipliers multipliers = spec.multipliers();
    return new Head(parts.head().tensor(), multipliers.logits(), multipliers.logitCap());
  }

  /** The final norm's output. */
  public Tensor hidden(Tensor tokens, ModelMasks masks) {
    return hidden(tokens, masks, ForwardHook.NONE);
  }

  /** The final norm's output for the tokens of {@code targets}, each text by itself. */
  public Tensor hidden(Targets targets, ModelMasks masks) {
    Past past = Past.within(targets.segments());
    return hidden(targets.tokens(), past, masks, ForwardHook.NONE);
  }

  /** As {@link #hidden(Tensor, ModelMasks)}; {@code hook} sees what flows through the blocks. */
  public Tensor hidden(Tensor tokens, ModelMasks masks, ForwardHook hook) {
    return hidden(tokens, Past.NONE, masks, hook);
  }

  private Tensor hidden(Tensor tokens, Past past, ModelMasks masks, ForwardHook hook) {
    if (!GradMode.is_enabled()) {
      return hiddenOfLast(tokens, past, masks, hook);
    }
    Tensor x = embed(tokens, masks.hidden());
    for (int i = 0; i < blocks().size(); i++) {
      if (blockWeights != BlockWeights.HELD && x.requires_grad()) {
        Loan loan = borrow(i, Use.BACKWARD);
        GradientHook.whenThere(x, loan::close);
      }
      x = blocks().get(i).forward(x, masks.block(i), past, hook);
    }
    return normalise(x, masks.hidden());
  }

  /** The same where nothing is recorded: what a block leaves behind is freed before the next. */
  private Tensor hiddenOfLast(Tensor tokens, Past past, ModelMasks masks, ForwardHook hook) {
    try (var scope = NativeScope.open()) {
      Tensor x = embed(tokens, masks.hidden());
      for (int i = 0; i < blocks().size(); i++) {
        Tensor input = x;
        try (var block = NativeScope.open();
            var _ = borrow(i, Use.FORWARD)) {
          x = block.pass(blocks().get(i).forward(input, masks.block(i), past, hook));
        }
        input.close();
      }
      return scope.pass(normalise(x, masks.hidden()));
    }
  }

  /** The residual stream before the first block: selected, not scaled, by the hidden mask. */
  public Tensor embed(Tensor tokens, HiddenMask mask) {
    Tensor rows = embedding(parts.embedding().tensor(), tokens).to(computeType());
    Tensor x = scaled(rows, spec.multipliers().embedding(spec.hiddenSize()));
    return mask == null ? x : x.mul(mask.keep(computeType()));
  }

  /** The final norm. */
  public Tensor normalise(Tensor x, HiddenMask mask) {
    return parts.norm().forward(x, mask);
  }

  /** The head. */
  public Tensor logits(Tensor hidden) {
    Tensor products = options.kernels().linear().apply(hidden, parts.head().tensor(), null);
    return head().logitsOf(products);
  }

  private static Tensor scaled(Tensor x, double factor) {
    return factor == 1 ? x : Ops.mul(x, factor);
  }

  /**
   * Logits after the last of {@code tokens} [B, T], [B, vocabulary], given the past in {@code
   * cache}, which grows by them.
   */
  public Tensor decode(Tensor tokens, KvCache cache) {
    try (var scope = NativeScope.open()) {
      Tensor x = after(tokens, cache::layer);
      cache.advance(tokens.size(1));
      return scope.pass(logits(normalise(x.select(1, -1), null)));
    }
  }

  /**
   * Logits after one more token of each of several texts, {@code tokens} [B, 1], [B, vocabulary].
   * Each text has its cache, which grows by the token.
   */
  public Tensor decode(Tensor tokens, List<KvCache> caches) {
    try (var scope = NativeScope.open()) {
      Tensor x = after(tokens, layer -> KvCache.sideBySide(caches, layer));
      caches.forEach(cache -> cache.advance(1));
      return scope.pass(logits(normalise(x.select(1, -1), null)));
    }
  }

  /** The final norm's output for {@code tokens} [B, T] after the past, which grows by them. */
  public Tensor hidden(Tensor tokens, KvCache cache) {
    try (var scope = NativeScope.open()) {
      Tensor x = after(tokens, cache::layer);
      cache.advance(tokens.size(1));
      return scope.pass(normalise(x, null));
    }
  }

  /**
   * The final norm's output for {@code tokens} [B, T], whose rows each follow the one text in
   * {@code cache}, which stays as it is.
   */
  public Tensor hiddenOfBranches(Tensor tokens, KvCache cache) {
    try (var scope = NativeScope.open()) {
      return scope.pass(normalise(after(tokens, cache::branches), null));
    }
  }

  /** The residual stream after the last block. */
  private Tensor after(Tensor tokens, IntFunction<Past> past) {
    Tensor x = embed(tokens, null);
    for (int i = 0; i < blocks().size(); i++) {
      try (var block = NativeScope.open()) {
        x = block.pass(blocks().get(i).forward(x, BlockMasks.NONE, past.apply(i)));
      }
    }
    return x;
  }

  /** Room for {@code positions} tokens of {@code batch} texts. */
  public KvCache newCache(long batch, long positions) {
    return new KvCache(
        spec.layers(),
        batch,
        spec.kvHeads(),
        positions,
        spec.headDim(),
        Tensors.options(computeType(), options.device()));
  }

  /**
   * Gives {@code sink} every weight that {@code masks} change, scaled and still at its full size:
   * what the cut selects from. The tensor lives during the call only.
   */
  public void fold(ModelMasks masks, BiConsumer<Weight, Tensor> sink) {
    for (int i = 0; i < blocks().size(); i++) {
      try (var _ = NativeScope.open()) {
        blocks().get(i).fold(masks.block(i), sink);
      }
    }
    HiddenMask hidden = masks.hidden();
    // The smaller model may multiply its embedding by another number; its weights make up for
    // that, and the last norm for what a head that is the embedding takes over of it.
    double rescaled =
        hidden == null
            ? 1
            : spec.multipliers().embedding(spec.hiddenSize())
                / spec.multipliers().embedding(hidden.kept());
    try (var _ = NativeScope.open()) {
      if (rescaled != 1) {
        sink.accept(parts.embedding(), Ops.mul(parts.embedding().tensor(), rescaled));
      }
      Tensor scale = hidden == null ? null : hidden.scale();
      boolean undone = rescaled != 1 && spec.tiedEmbeddings();
      parts.norm().fold(undone ? Ops.mul(scale, 1 / rescaled) : scale, sink);
    }
  }

  @Override
  public void close() {
    rotaries.values().forEach(Rotary::close);
    weights.values().forEach(weight -> weight.tensor().close());
    whenClosed.run();
  }
}
