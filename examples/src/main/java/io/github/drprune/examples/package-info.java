/** The library used from Java: each class is a program that takes its paths as arguments. */
package io.github.drprune.examples;
