package io.github.drprune.config;

import io.github.drprune.config.binding.Key;

/** AdamW, its schedule (linear warmup, then cosine) and gradient clipping. */
public record OptimizerConfig(
    @Key(doc = "Peak learning rate of the weights.", value = "1e-4", min = 0) double learningRate,
    @Key(
            doc = "Share of the steps over which the learning rates rise linearly to their peaks.",
            value = "0.1",
            min = 0,
            below = 1)
        double warmup,
    @Key(
            doc = "Learning rate at the last step as a share of the peak; in between a cosine.",
            value = "0.1",
            min = 0,
            max = 1)
        double finalLearningRate,
    @Key(doc = "Decoupled weight decay.", value = "0", min = 0) double weightDecay,
    @Key(doc = "Decay of the mean of gradients.", value = "0.9", min = 0, below = 1) double beta1,
    @Key(doc = "Decay of the mean of squared gradients.", value = "0.95", min = 0, below = 1)
        double beta2,
    @Key(doc = "Added to the root of the mean square.", value = "1e-8", above = 0) double epsilon,
    @Key(doc = "Largest norm of the gradient; a longer one is scaled.", value = "1.0", above = 0)
        double gradientClip) {}
