package io.github.drprune.data.prepare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.drprune.data.PreparedData;
import io.github.drprune.data.Split;
import io.github.drprune.error.UserException;
import io.github.drprune.tokenizer.TinyTokenizer;
import io.github.drprune.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sets of documents drawn from one corpus. */
class DocumentShareTest {
  @TempDir private Path folder;
  private Path tokenizer;

  @BeforeEach
  void write() throws IOException {
    tokenizer = TinyTokenizer.write(folder.resolve("tokenizer"));
    // Numbered, so that no document is there twice.
    Corpora.jsonl(folder.resolve("corpus/divided.jsonl"), numbered(0, 600));
    Corpora.jsonl(folder.resolve("corpus/given/train.jsonl"), numbered(600, 900));
    Corpora.jsonl(folder.resolve("corpus/given/eval.jsonl"), numbered(900, 1_000));
  }

  private static List<String> numbered(int from, int to) {
    return IntStream.range(from, to).mapToObj("the tooth end number %d"::formatted).toList();
  }

  /** The documents of a domain's split that a preparation with {@code settings} took. */
  private List<String> taken(String domain, Split split, String... settings) throws IOException {
    var all = new ArrayList<>(List.of("seq_len=8", "eval_fraction=0.1"));
    all.addAll(List.of(settings));
    Path out = folder.resolve(domain + split + String.join("", settings).replace(':', '-'));
    Corpora.prepare(
        folder.resolve("corpus"), tokenizer, PrepareConfig.of(all.toArray(String[]::new)), out);
    try (var data = PreparedData.open(out);
        var loaded = Tokenizer.load(tokenizer)) {
      return PrepareTest.documents(loaded, data.split(domain, split).orElseThrow());
    }
  }

  @Test
  void partsSideBySideHaveEveryDocumentOnce() throws IOException {
    for (String domain : List.of("divided", "given")) {
      List<String> whole = taken(domain, Split.TRAIN);
      List<String> first = taken(domain, Split.TRAIN, "share=0:0.2");
      List<String> second = taken(domain, Split.TRAIN, "share=0.2:1");
      assertThat(first).doesNotContainAnyElementsOf(second);
      assertThat((double) first.size() / whole.size()).isBetween(0.13, 0.27);
      var together = new HashSet<>(first);
      together.addAll(second);
      // A last document is cut off where it fills no sequence.
      assertThat(whole).filteredOn(document -> !together.contains(document)).hasSizeLessThan(4);
      assertThat(taken(domain, Split.EVAL, "share=0:0.2"))
          .as("what is held out is the same")
          .isEqualTo(taken(domain, Split.EVAL));
    }
  }

  @Test
  void tokensOfADomainCanBeLimited() throws IOException {
    assertThat(taken("divided", Split.TRAIN, "tokens=800").size())
        .isLessThan(taken("divided", Split.TRAIN).size() / 2);
    try (var data = PreparedData.open(folder.resolve("dividedtraintokens=800"))) {
      for (String domain : data.domains()) {
        assertThat(data.split(domain, Split.TRAIN).orElseThrow().count()).isEqualTo(100);
      }
    }
  }

  @Test
  void whatIsNoPartIsRefused() {
    for (String share : List.of("0.1", "0:x", "0.5:0.5", "0:1.1", "-0.1:1", "NaN:1", "0:1:2")) {
      assertThatThrownBy(() -> PrepareConfig.of("seq_len=8", "share=" + share))
          .as(share)
          .isInstanceOf(UserException.class)
          .hasMessageContaining("share: ");
    }
    assertThatThrownBy(() -> PrepareConfig.of("seq_len=8", "tokens=7"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("tokens: 7 are fewer than one sequence of 8");
  }
}
