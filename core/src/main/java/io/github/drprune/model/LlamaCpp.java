package io.github.drprune.model;

import java.util.Set;

/**
 * The architecture under which llama.cpp runs a family, and what of a model it can express (its
 * sources of version 0.4.0, {@code src/models}).
 *
 * @param name of the architecture in GGUF files
 * @param biases the layers that may have a bias
 * @param activation the one that it computes, whatever a checkpoint says
 */
public record LlamaCpp(
    String name, Set<TensorRole> biases, Activation activation, Set<Trait> traits) {
  /** What sets architectures apart. */
  public enum Trait {
    /** A head's dimensions 0 and 1 turn together, then 2 and 3; else halves, as in checkpoints. */
    TURNS_NEIGHBOURS,
    /** All dimensions of a head turn. */
    TURNS_WHOLE_HEADS,
    /** A file may divide each rotary frequency by a factor of its own. */
    FREQUENCY_FACTORS,
    /** A file may have one list of such factors for short and one for long texts. */
    LONG_ROPE,
    /** The last of each four layers has no positions; elsewhere all have. */
    EVERY_FOURTH_PLAIN,
    /** Layers may have a window; elsewhere all layers see everything. */
    WINDOWS,
    /** Positions in layers with a window turn without scaling. */
    WINDOWS_UNSCALED,
    /** The same, and with a base of their own. */
    WINDOWS_OWN_BASE,
    /** All layers that may have a bias must have one. */
    BIASES_NEEDED,
    /** The head's weights are read from the embedding's tensor, always. */
    HEAD_IN_EMBEDDING,
    /** The head's weights need a tensor of their own, also where it is tied. */
    HEAD_STORED,
    /** A file may give the scale of scores; elsewhere it follows from the sizes. */
    SCALE_OF_SCORES,
    /** With as many layers as Gemma's 27B has, scores are scaled by hidden size / heads. */
    SCALED_BY_HIDDEN_AT_27B,
    /** Logits may be capped. */
    CAPS_LOGITS,
    /** Scores and logits are capped, always. */
    CAPS_ALL
  }

  public LlamaCpp {
    biases = Set.copyOf(biases);
    traits = Set.copyOf(traits);
  }

  /** An architecture of that name with SiLU. */
  static LlamaCpp of(String name, Set<TensorRole> biases, Trait... traits) {
    return new LlamaCpp(name, biases, Activation.SILU, Set.of(traits));
  }

  /** The architecture of Llama, which runs the families that differ from it in names only. */
  static LlamaCpp llama() {
    return of(
        "llama",
        TensorRole.ALL_LINEAR,
        Trait.TURNS_NEIGHBOURS,
        Trait.TURNS_WHOLE_HEADS,
        Trait.FREQUENCY_FACTORS,
        Trait.LONG_ROPE);
  }

  public boolean has(Trait trait) {
    return traits.contains(trait);
  }

  /** What it multiplies scores by in a model like {@code spec}, where a file does not say. */
  public double scale(ModelSpec spec) {
    boolean byHidden =
        has(Trait.SCALED_BY_HIDDEN_AT_27B)
            && spec.layers() == (has(Trait.WINDOWS_OWN_BASE) ? 62 : 46);
    int width = byHidden ? spec.hiddenSize() / spec.heads() : spec.headDim();
    return 1 / Math.sqrt(width);
  }
}
