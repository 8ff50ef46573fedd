/** The documents of a data set: JSON and Parquet files, and the folders that hold them. */
package io.github.drprune.tasks.documents;
