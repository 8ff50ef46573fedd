package io.github.drprune.data.prepare;

import io.github.drprune.conversation.ChatTemplate;
import io.github.drprune.data.Manifest;
import io.github.drprune.error.Printable;
import io.github.drprune.error.UserException;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.regex.Pattern;

/** What a domain may be called: its name is a folder's in prepared data, and a key of a run. */
final class DomainName {
  /** The most domains that records may name: each has its files open until the end. */
  static final int MOST = 500;

  /** Bytes of the longest name of a folder that file systems take. */
  private static final int LONGEST = 255;

  private static final Pattern FIT =
      Pattern.compile("[\\p{L}\\p{N}]([\\p{L}\\p{N}._+()& -]*[\\p{L}\\p{N}._+()-])?");

  /** What else lies in the folder with the domains' folders. */
  private static final Set<String> TAKEN =
      Set.of(Manifest.FILE, Progress.FILE, OutputFolder.LOCK, Spool.FILE, ChatTemplate.FILE);

  /** What {@link #isFit} asks, for messages. */
  static final String RULE =
      "letters, digits, spaces, '.', '_', '+', '-', '&', '(', ')', a letter or digit first";

  private DomainName() {}

  static boolean isFit(String name) {
    return name.length() <= LONGEST
        && name.getBytes(StandardCharsets.UTF_8).length <= LONGEST
        && FIT.matcher(name).matches()
        && TAKEN.stream().noneMatch(name::startsWith); // also while it is written
  }

  /**
   * The name that a record has in {@code field}.
   *
   * @param name null where the record has none
   */
  static String ofRecord(String name, String field) throws MalformedRecord {
    if (name == null) {
      throw new MalformedRecord("no domain: '%s' is absent or null".formatted(field));
    }
    if (!isFit(name)) {
      throw new MalformedRecord(
          "%s in '%s' cannot name a domain (%s)".formatted(Printable.quoted(name), field, RULE));
    }
    return name;
  }

  /** Refuses a field with too many names, which tells no domains. */
  static void requireFew(int names, PrepareConfig config) {
    if (names > MOST) {
      throw UserException.at(
          "domain_field",
          "has more than %,d names in '%s'".formatted(MOST, config.domainField().orElseThrow()),
          "name a field that tells domains");
    }
  }
}
