/** What a model is, as data: families, tensors, sizes and {@code config.json}. */
package io.github.drprune.model;
