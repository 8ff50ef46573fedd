/**
 * How fast models answer: prompts and generation, measured in turn, with this program or others.
 */
package io.github.drprune.latency;
