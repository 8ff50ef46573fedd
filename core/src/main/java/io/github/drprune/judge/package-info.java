/** A judge: two models' answers compared by a third, through an OpenAI-compatible server. */
package io.github.drprune.judge;
