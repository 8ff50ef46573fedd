package io.github.drprune.cli;

import io.github.drprune.data.Manifest;
import io.github.drprune.data.Split;
import io.github.drprune.error.Printable;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.stream.Collectors;

/** Prepared data as a table: a line for each split of each domain. */
final class DataTable {
  private DataTable() {}

  static void print(Manifest manifest, PrintWriter out) {
    int width =
        Math.max(
            6,
            manifest.domains().stream().mapToInt(domain -> domain.name().length()).max().orElse(0));
    String row = "%-" + width + "s  %-5s  %,12d  %,12d  %,16d  %10s  %,8d%n";
    out.printf(
        "%-" + width + "s  %-5s  %12s  %12s  %16s  %10s  %8s%n",
        "domain",
        "split",
        "documents",
        "sequences",
        "tokens",
        "char/token",
        "MiB");
    for (var domain : manifest.domains()) {
      domain
          .splits()
          .forEach(
              (split, data) ->
                  out.printf(
                      Locale.ROOT,
                      row,
                      Printable.escaped(domain.name()),
                      split,
                      data.documents(),
                      data.sequences(),
                      data.tokens(),
                      data.characters() == 0
                          ? "-"
                          : String.format(Locale.ROOT, "%.2f", data.charactersPerToken()),
                      data.shards().stream().mapToLong(Manifest.Shard::bytes).sum() >> 20));
    }
    counted(manifest, out);
    String specials =
        manifest.specialTokensInText() == 0
            ? ""
            : String.format(
                Locale.ROOT, "; %,d special tokens in the text", manifest.specialTokensInText());
    out.printf(
        Locale.ROOT,
        "sequences of %,d tokens, %s; tokenizer %s with %,d ids%s%s%n",
        manifest.seqLen(),
        manifest.tokenType(),
        manifest.tokenizer().sha256().substring(0, 12),
        manifest.tokenizer().size(),
        manifest.malformedRecords() == 0
            ? ""
            : String.format(
                Locale.ROOT, "; %,d malformed records skipped", manifest.malformedRecords()),
        specials);
    out.flush();
  }

  /** Of conversations, how many of the tokens count. */
  private static void counted(Manifest manifest, PrintWriter out) {
    if (!manifest.ofConversations()) {
      return;
    }
    String shares =
        manifest.domains().stream()
            .filter(domain -> domain.splits().containsKey(Split.TRAIN))
            .map(
                domain -> {
                  var data = domain.splits().get(Split.TRAIN);
                  double share = (double) data.countedTokens() / Math.max(1, data.tokens());
                  return "%s %.0f%%".formatted(Printable.escaped(domain.name()), 100 * share);
                })
            .collect(Collectors.joining(", "));
    out.printf("tokens that count, for training: %s%n", shares);
  }
}
