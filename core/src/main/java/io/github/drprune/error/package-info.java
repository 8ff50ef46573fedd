/** Users' mistakes, and texts of files and arguments made safe to print. */
package io.github.drprune.error;
