/** Masks as tensors: drawn, learned and applied; importance scores; the cut. */
package io.github.drprune.prune;
