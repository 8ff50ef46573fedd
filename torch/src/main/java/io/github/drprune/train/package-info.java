/** The training loop: the step, evaluations, domain weights and checkpoints at their intervals. */
package io.github.drprune.train;
