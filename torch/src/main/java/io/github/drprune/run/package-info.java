/** What {@code prune} and {@code train} do, from a configuration to a result in a run folder. */
package io.github.drprune.run;
