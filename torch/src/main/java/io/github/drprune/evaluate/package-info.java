/** Held-out losses of models. */
package io.github.drprune.evaluate;
