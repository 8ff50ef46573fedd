/** Prepared data: the manifest, memory-mapped shards, the sampler and the batches of a run. */
package io.github.drprune.data;
