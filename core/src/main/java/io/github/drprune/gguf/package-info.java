/** The GGUF format of llama.cpp: files written tensor by tensor, headers read and checked. */
package io.github.drprune.gguf;
