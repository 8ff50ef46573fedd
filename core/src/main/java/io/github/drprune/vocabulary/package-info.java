/** Vocabularies cut to the tokens that a corpus uses, tokenizer and model with them. */
package io.github.drprune.vocabulary;
