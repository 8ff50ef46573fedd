/** The command line: one class a command, options only. Nothing else exits or prints. */
package io.github.drprune.cli;
