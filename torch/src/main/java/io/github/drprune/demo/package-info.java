/** The whole method on a corpus of its own making, in a few minutes. */
package io.github.drprune.demo;
