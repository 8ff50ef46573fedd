/** The report on one run or several, and the figures behind it and the live view. */
package io.github.drprune.report;
