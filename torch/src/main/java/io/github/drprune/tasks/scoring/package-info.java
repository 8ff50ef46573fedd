/** Asks models the questions of tasks: tokens, likelihoods, generated texts. */
package io.github.drprune.tasks.scoring;
