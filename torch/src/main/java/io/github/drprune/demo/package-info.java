/** The whole method on a corpus of its own making, in about a minute and a half. */
package io.github.drprune.demo;
