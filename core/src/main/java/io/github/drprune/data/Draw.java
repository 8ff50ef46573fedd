package io.github.drprune.data;

/**
 * What the sampler decided for one sequence of the run.
 *
 * @param sequence its number in the run, over all processes, from 0
 * @param domain index of its domain
 * @param row index in the domain's training split
 */
public record Draw(long sequence, int domain, long row) {}
