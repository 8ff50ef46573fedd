/** Text to token ids and back, with the tokenizer that a model's folder holds. */
package io.github.drprune.tokenizer;
