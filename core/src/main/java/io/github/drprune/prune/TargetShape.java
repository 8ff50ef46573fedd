package io.github.drprune.prune;

import io.github.drprune.model.ModelShape;

/** A shape to prune towards, the same in every layer. */
public record TargetShape(ModelShape shape) implements PruningTarget {}
