/**
 * Templates of conversations and prompts: the part of Jinja that checkpoints and task files use,
 * with Python's meaning of values. What a template may do is bounded: it comes from elsewhere.
 */
package io.github.drprune.template;
