/** The record of a run: its folder, its log of events, and what decides whether it goes on. */
package io.github.drprune.run;
