/** Curves fitted to losses: scaling laws, and reference losses predicted by them. */
package io.github.drprune.scaling;
