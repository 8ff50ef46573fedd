/** The made-up corpus and the tokenizer of single bytes that the demo runs on. */
package io.github.drprune.demo;
