package io.github.drprune.data.prepare;

import io.github.drprune.data.Manifest;
import io.github.drprune.io.Sha256;
import io.github.drprune.json.Json;
import io.github.drprune.tokenizer.SpecialTokensInText;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Identifies what determines the bytes of prepared data: the settings, the tokenizer, and the input
 * files by name, size and time. Files not yet read may still change between two attempts.
 */
final class Fingerprint {
  private record Settings(
      Manifest.TokenizerIdentity tokenizer,
      int seqLen,
      String textField,
      double evalFraction,
      long evalSequences,
      String tokenType,
      long shardBytes) {}

  private final String settings;
  private final List<String> files = new ArrayList<>();

  /**
   * @param template of conversations, empty for text
   */
  Fingerprint(
      Manifest.TokenizerIdentity tokenizer, PrepareConfig config, String template, Corpus corpus) {
    this.settings =
        Json.line(
                new Settings(
                    tokenizer,
                    config.seqLen(),
                    config.textField(),
                    config.evalFraction(),
                    config.evalSequences(),
                    config.dtype().map(String::valueOf).orElse("null"),
                    config.shardBytes()))
            // Data made before there was the setting keep their fingerprint.
            + (config.specialTokens() == SpecialTokensInText.TOKENS ? "" : config.specialTokens())
            + config.domainField().map(field -> " domain_field=" + field).orElse("")
            + config.share().map(share -> " share=" + share).orElse("")
            + (config.tokens() == 0 ? "" : " tokens=" + config.tokens())
            + (config.conversations()
                ? " conversations packing=%s %s".formatted(config.packing(), template)
                : "");
    for (var domain : corpus.domains()) {
      for (var file : domain.files()) {
        boolean last = file == domain.files().getLast();
        files.add(
            String.format(
                Locale.ROOT,
                "%s\t%s\t%s\t%s\t%d\t%d\t%s\n",
                domain.name(),
                file.name(),
                file.format(),
                file.split(),
                file.bytes(),
                file.modified(),
                last));
      }
    }
  }

  /** Of the settings and the first {@code count} files. */
  String after(int count) {
    String text = settings + "\n" + String.join("", files.subList(0, count));
    return Sha256.of(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Of the settings and all files. */
  String complete() {
    return after(files.size());
  }

  /** How many files there are. */
  int files() {
    return files.size();
  }
}
