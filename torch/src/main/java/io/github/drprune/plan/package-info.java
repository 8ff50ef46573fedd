/** Predicts what a run will take. */
package io.github.drprune.plan;
