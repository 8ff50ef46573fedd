/** Runs: the training step, its loop, checkpoints and events, for training and for pruning. */
package io.github.drprune.train;
