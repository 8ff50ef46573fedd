/** What task files take from Python: its random numbers, literals, strings and expressions. */
package io.github.drprune.tasks.python;
