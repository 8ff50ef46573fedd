/** What becomes of a model's answers: filters, metrics, means and their standard errors. */
package io.github.drprune.tasks.metric;
