/** Checkpoints of runs: everything to go on with the same bits. */
package io.github.drprune.checkpoint;
