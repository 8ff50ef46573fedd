/** Checkpoint files in the safetensors format, single or in shards, checked before use. */
package io.github.drprune.safetensors;
