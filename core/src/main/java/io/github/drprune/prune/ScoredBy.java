package io.github.drprune.prune;

/** What heads, MLP units and layers are scored by when the least important are to go. */
public enum ScoredBy {
  /** Squared gradients of the loss with respect to masks on them. */
  GRADIENTS,
  /**
   * As Minitron does (arXiv 2407.14679, section 2.2): a head by the mean norm of what it gathers,
   * an MLP unit by the mean size of the activated product, a layer by one minus the cosine between
   * its input and output.
   */
  ACTIVATIONS
}
