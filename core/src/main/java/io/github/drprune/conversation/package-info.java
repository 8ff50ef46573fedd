/** Conversations: how they are read, and how a model's template makes tokens of them. */
package io.github.drprune.conversation;
