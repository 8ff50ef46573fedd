/** Preparation of data and training on a Spark cluster. */
package io.github.drprune.spark;
