/** Task files of lm-evaluation-harness: how they are found, joined and checked. */
package io.github.drprune.tasks.file;
