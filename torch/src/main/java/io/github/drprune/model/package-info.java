/** Builds, loads and writes the models that core describes as data. */
package io.github.drprune.model;
