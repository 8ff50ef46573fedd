/** A run's events as TensorBoard event files. */
package io.github.drprune.tensorboard;
