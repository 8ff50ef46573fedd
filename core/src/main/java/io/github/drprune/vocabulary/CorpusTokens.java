package io.github.drprune.vocabulary;

import io.github.drprune.data.PreparedData;
import io.github.drprune.data.Split;
import io.github.drprune.data.TokenSequences;
import io.github.drprune.data.prepare.Corpus;
import io.github.drprune.data.prepare.CorpusFinder;
import io.github.drprune.data.prepare.CorpusTexts;
import io.github.drprune.error.UserException;
import io.github.drprune.io.TemporaryFolder;
import io.github.drprune.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** A corpus as the tokens of a tokenizer, and as those of one with fewer tokens. */
final class CorpusTokens {
  private static final int TEXTS_BETWEEN_WORDS = 100_000;

  private final Path corpus;
  private final String textField;
  private final Tokenizer tokenizer;
  private final Consumer<String> progress;

  CorpusTokens(Path corpus, String textField, Tokenizer tokenizer, Consumer<String> progress) {
    this.corpus = corpus;
    this.textField = textField;
    this.tokenizer = tokenizer;
    this.progress = progress;
  }

  /** How often the corpus has each id. */
  long[] counts(Consumer<String> warnings) throws IOException {
    long[] counts = new long[tokenizer.size()];
    long skipped =
        read(
            "counting",
            batch ->
                batch.parallelStream()
                    .map(text -> tokenizer.encode(text.text()))
                    .forEachOrdered(ids -> Arrays.stream(ids).forEach(id -> counts[id]++)));
    if (skipped > 0) {
      warnings.accept("%s: %,d records hold no text that can be read".formatted(corpus, skipped));
    }
    if (Arrays.stream(counts).sum() == 0) {
      throw new UserException(corpus + ": holds no text; name a corpus with some");
    }
    return counts;
  }

  /**
   * What each domain costs with {@code trimmed}.
   *
   * @throws IllegalStateException when it breaks what it promises
   */
  List<DomainCost> costs(Tokenizer trimmed, Renumbering ids) throws IOException {
    Map<String, DomainCost> costs = new LinkedHashMap<>();
    read(
        "comparing",
        batch -> {
          List<int[]> before =
              batch.parallelStream().map(text -> tokenizer.encode(text.text())).toList();
          List<int[]> after =
              batch.parallelStream().map(text -> trimmed.encode(text.text())).toList();
          for (int i = 0; i < batch.size(); i++) {
            int[] expected = ids.ofAll(before.get(i));
            if (expected != null && !Arrays.equals(expected, after.get(i))) {
              throw new IllegalStateException(
                  "a text of kept tokens is split differently: " + batch.get(i).text());
            }
            int tokensBefore = before.get(i).length;
            int tokensAfter = after.get(i).length;
            costs.merge(
                batch.get(i).domain(),
                new DomainCost(batch.get(i).domain(), 0, 0, 0, 0)
                    .plus(expected != null, tokensBefore, tokensAfter),
                (sum, _) -> sum.plus(expected != null, tokensBefore, tokensAfter));
          }
        });
    return List.copyOf(costs.values());
  }

  /** Reads the corpus; how many records hold no text. */
  private long read(String work, Consumer<List<TextBatches.Text>> taker) throws IOException {
    var batches = new TextBatches(taker);
    long[] texts = {0};
    CorpusTexts.Sink sink =
        (domain, text) -> {
          batches.add(domain, text);
          texts[0]++;
          if (texts[0] % TEXTS_BETWEEN_WORDS == 0) {
            progress.accept("%s: %,d texts".formatted(work, texts[0]));
          }
        };
    long skipped = PreparedData.isIn(corpus) ? readPrepared(sink) : readTexts(sink);
    batches.flush();
    return skipped;
  }

  private long readTexts(CorpusTexts.Sink sink) throws IOException {
    Corpus found =
        Files.isRegularFile(corpus)
            ? CorpusFinder.of(List.of("text=" + corpus))
            : CorpusFinder.in(corpus);
    try (var scratch = TemporaryFolder.create()) {
      return new CorpusTexts(found, textField, scratch.path()).forEach(sink);
    }
  }

  private long readPrepared(CorpusTexts.Sink sink) {
    try (var data = PreparedData.open(corpus)) {
      data.requireTokenizer(tokenizer);
      for (String domain : data.domains()) {
        for (Split split : Split.values()) {
          data.split(domain, split).ifPresent(rows -> readRows(domain, rows, sink));
        }
      }
    }
    return 0;
  }

  private void readRows(String domain, TokenSequences rows, CorpusTexts.Sink sink) {
    for (long row = 0; row < rows.count(); row++) {
      sink.accept(domain, tokenizer.decode(rows.row(row)));
    }
  }
}
