/** AdamW, its schedule and the gradients that it steps by. */
package io.github.drprune.optim;
