/** The stages of a pipeline file one after the other, those that are done left out. */
package io.github.drprune.pipeline;
