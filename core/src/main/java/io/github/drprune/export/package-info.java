/** Checkpoints written for other programs: GGUF files that llama.cpp runs. */
package io.github.drprune.export;
