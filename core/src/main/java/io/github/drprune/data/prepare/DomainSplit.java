package io.github.drprune.data.prepare;

import io.github.drprune.data.Split;

/** A split of a domain, where a document belongs. */
public record DomainSplit(String domain, Split split) {}
