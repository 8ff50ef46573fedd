package io.github.drprune.data.prepare;

import io.github.drprune.error.UserException;
import java.nio.file.Path;
import java.util.List;

/**
 * The input of a preparation: domains in their order, each with its files in theirs. The order
 * decides the order of the packed tokens.
 *
 * @param ignored files in the folders that are of no known format
 */
public record Corpus(List<Domain> domains, List<Path> ignored) {
  /**
   * A domain's files.
   *
   * @param name null where each record names its domain
   */
  public record Domain(String name, List<InputFile> files) {
    public Domain {
      files = List.copyOf(files);
    }
  }

  public Corpus {
    domains = List.copyOf(domains);
    ignored = List.copyOf(ignored);
  }

  /** Whether each record names its domain: all files are then listed under none. */
  public boolean isMixed() {
    return domains.getFirst().name() == null;
  }

  /** Refuses settings that find domains in another way. */
  void requireFoundBy(PrepareConfig config) {
    if (isMixed() != config.domainField().isPresent()) {
      throw UserException.at(
          "domain_field", "the files were found without it", "find them by the same settings");
    }
  }

  /** Bytes of all files on the disk. */
  public long bytes() {
    return domains.stream()
        .flatMap(domain -> domain.files().stream())
        .mapToLong(InputFile::bytes)
        .sum();
  }
}
