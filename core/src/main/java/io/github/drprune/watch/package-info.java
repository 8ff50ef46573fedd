/** The live view of runs: a web server on the loopback interface. */
package io.github.drprune.watch;
