package io.github.drprune.prune;

/** What pruning aims at: a shape, or a share of the parameters to remove. */
public sealed interface PruningTarget permits TargetShape, TargetSparsity {}
