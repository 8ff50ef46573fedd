package io.github.drprune.data.prepare;

import java.nio.file.Path;
import java.util.List;

/**
 * The input of a preparation: domains in their order, each with its files in theirs. The order
 * decides the order of the packed tokens.
 *
 * @param ignored files in the folders that are of no known format
 */
public record Corpus(List<Domain> domains, List<Path> ignored) {
  /** A domain's files. */
  public record Domain(String name, List<InputFile> files) {
    public Domain {
      files = List.copyOf(files);
    }
  }

  public Corpus {
    domains = List.copyOf(domains);
    ignored = List.copyOf(ignored);
  }

  /** Bytes of all files on the disk. */
  public long bytes() {
    return domains.stream()
        .flatMap(domain -> domain.files().stream())
        .mapToLong(InputFile::bytes)
        .sum();
  }
}
