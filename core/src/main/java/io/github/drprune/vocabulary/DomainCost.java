package io.github.drprune.vocabulary;

import java.util.List;

/**
 * What the texts of a domain cost with a smaller vocabulary.
 *
 * @param unchanged texts whose tokens are all kept
 * @param tokensBefore tokens of all texts before
 * @param tokensAfter and after
 */
public record DomainCost(
    String domain, long texts, long unchanged, long tokensBefore, long tokensAfter) {
  DomainCost plus(boolean same, long before, long after) {
    return new DomainCost(
        domain, texts + 1, unchanged + (same ? 1 : 0), tokensBefore + before, tokensAfter + after);
  }

  /** What all of them cost together. */
  public static DomainCost all(List<DomainCost> domains) {
    return new DomainCost(
        "all",
        domains.stream().mapToLong(DomainCost::texts).sum(),
        domains.stream().mapToLong(DomainCost::unchanged).sum(),
        domains.stream().mapToLong(DomainCost::tokensBefore).sum(),
        domains.stream().mapToLong(DomainCost::tokensAfter).sum());
  }

  /** By what share there are more tokens. */
  public double growth() {
    return (double) tokensAfter / tokensBefore - 1;
  }
}
