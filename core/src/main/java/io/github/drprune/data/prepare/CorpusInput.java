package io.github.drprune.data.prepare;

import io.github.drprune.error.UserException;
import java.nio.file.Path;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Where the text of a preparation is.
 *
 * @param folder with a sub-folder or file for each domain, or with files whose records name theirs;
 *     null where domains are named
 * @param domains as {@code NAME[:SPLIT]=PATH}; null where there is a folder
 */
public record CorpusInput(String folder, List<String> domains) {
  public CorpusInput {
    if ((folder == null) == (domains == null || domains.isEmpty())) {
      throw new IllegalArgumentException("a folder or domains, one of them");
    }
    domains = domains == null ? null : List.copyOf(domains);
  }

  /** The paths that it names. */
  public List<String> paths() {
    return folder != null
        ? List.of(folder)
        : domains.stream().map(domain -> domain.substring(behindName(domain))).toList();
  }

  /** The same with other paths. */
  public CorpusInput withPaths(UnaryOperator<String> path) {
    return folder != null
        ? new CorpusInput(path.apply(folder), null)
        : new CorpusInput(
            null,
            domains.stream()
                .map(
                    domain ->
                        domain.substring(0, behindName(domain))
                            + path.apply(domain.substring(behindName(domain))))
                .toList());
  }

  private static int behindName(String domain) {
    return domain.indexOf('=') + 1;
  }

  /** Finds the domains and files. */
  public Corpus find(PrepareConfig config, Storage storage) {
    if (config.domainField().isEmpty()) {
      return folder != null
          ? CorpusFinder.in(Path.of(folder), storage)
          : CorpusFinder.of(domains, storage);
    }
    if (folder == null) {
      throw UserException.at(
          "domain_field", "the input names the domains already", "give the text as one folder");
    }
    return CorpusFinder.mixed(Path.of(folder), storage);
  }
}
