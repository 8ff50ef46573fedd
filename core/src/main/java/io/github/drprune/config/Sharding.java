package io.github.drprune.config;

/** What each of several processes holds of what a run learns. */
public enum Sharding {
  /** All of it. */
  NONE,
  /** All weights, and its share of the optimizer's state. */
  OPTIMIZER,
  /** Its share of everything; the weights of a block are fetched while it is computed. */
  FULL
}
