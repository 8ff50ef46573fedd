/** The keys of runs and pipelines, as records with their defaults, bounds and descriptions. */
package io.github.drprune.config;
