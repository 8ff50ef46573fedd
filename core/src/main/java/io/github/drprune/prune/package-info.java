/** What is masked and what is cut, as numbers: layouts, values, targets, shapes and forecasts. */
package io.github.drprune.prune;
