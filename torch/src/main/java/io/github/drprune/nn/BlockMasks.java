package io.github.drprune.nn;

/** The masks of one block. */
public record BlockMasks(HalfMasks attention, HalfMasks mlp) {
  public static final BlockMasks NONE = new BlockMasks(HalfMasks.NONE, HalfMasks.NONE);
}
