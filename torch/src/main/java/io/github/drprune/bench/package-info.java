/**
 * Measures speed and memory of the program's own passes, alone or against the library's eager way.
 */
package io.github.drprune.bench;
