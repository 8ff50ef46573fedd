/**
 * Tasks of lm-evaluation-harness: what a model is asked, and what its answers are worth. The
 * harness's version 0.4.13 is meant throughout.
 */
package io.github.drprune.tasks;
