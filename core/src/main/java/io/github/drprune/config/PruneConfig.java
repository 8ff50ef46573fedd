package io.github.drprune.config;

import io.github.drprune.config.binding.DefaultsWhere;
import io.github.drprune.config.binding.Inline;
import io.github.drprune.config.binding.Key;
import java.nio.file.Path;

/** The configuration of {@code prune}. With importance no step is taken, and none need be named. */
@DefaultsWhere(key = "method", value = "importance", defaults = "steps=1")
public record PruneConfig(
    @Key(doc = "Folder of the checkpoint to start from.") Path model,
    @Inline RunConfig run,
    @Key(doc = "What to prune towards.") TargetConfig target,
    @Inline MaskConfig masks) {}
