/** Reads one column of text from Parquet files, trusting no size that a file claims. */
package io.github.drprune.data.parquet;
