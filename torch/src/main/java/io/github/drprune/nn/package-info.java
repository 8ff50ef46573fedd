/**
 * Norms, attention, MLPs and the block made of them, with fast kernels and the plain ones that they
 * are held against.
 */
package io.github.drprune.nn;
