package io.github.drprune.config;

import io.github.drprune.config.binding.Inline;
import io.github.drprune.config.binding.Key;
import java.nio.file.Path;

/** The configuration of {@code prune}. */
public record PruneConfig(
    @Key(doc = "Folder of the checkpoint to start from.") Path model,
    @Inline RunConfig run,
    @Key(doc = "What to prune towards.") TargetConfig target,
    @Inline MaskConfig masks) {}
