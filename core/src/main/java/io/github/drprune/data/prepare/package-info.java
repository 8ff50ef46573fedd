/** From text of several domains to packed token shards: sources, tokenizing, packing, writing. */
package io.github.drprune.data.prepare;
