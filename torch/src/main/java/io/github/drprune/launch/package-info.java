/** Starts the processes of a run on one machine and looks after them. */
package io.github.drprune.launch;
