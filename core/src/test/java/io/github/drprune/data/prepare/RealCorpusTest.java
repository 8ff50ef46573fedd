package io.github.drprune.data.prepare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import io.github.drprune.data.PreparedData;
import io.github.drprune.data.Split;
import io.github.drprune.json.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real text of seven domains through a real tokenizer. */
class RealCorpusTest {
  private static final int SEQ_LEN = 256;

  @TempDir private Path out;

  @Test
  void countsEqualTheTokenizersOwnAndShardsDecodeToTheText() throws IOException {
    Path shared = Path.of(System.getProperty("shared.dir"));
    Path corpus = shared.resolve("data/redpajama-sample");
    Path model = shared.resolve("models/redpajama-9m");
    assumeTrue(Files.isDirectory(corpus) && Files.isDirectory(model), "no real corpus and model");

    Corpora.prepare(corpus, model, PrepareConfig.of(SEQ_LEN), out);
    System.setProperty("ai.djl.offline", "true");
    try (var data = PreparedData.open(out);
        var tokenizer =
            HuggingFaceTokenizer.builder()
                .optTokenizerPath(model)
                .optAddSpecialTokens(false)
                .optTruncation(false)
                .build()) {
      assertThat(data.domains())
          .containsExactly("arxiv", "book", "c4", "cc", "github", "stackexchange", "wiki");
      for (var domain : data.manifest().domains()) {
        // The training text of all domains would take a minute through this slower interface.
        var splits = domain.name().equals("wiki") ? Split.values() : new Split[] {Split.EVAL};
        for (var split : Arrays.asList(splits)) {
          if (split != Split.TEST) {
            check(corpus, domain.name(), split, data, tokenizer);
          }
        }
      }
    }
  }

  private static void check(
      Path corpus, String domain, Split split, PreparedData data, HuggingFaceTokenizer tokenizer)
      throws IOException {
    Path file = corpus.resolve(domain).resolve(split + ".jsonl");
    List<String> texts =
        Files.readAllLines(file).stream()
            .map(line -> Json.tree(line, file.toString()).path("text").asText())
            .toList();
    var count = new AtomicLong();
    texts.forEach(
        text -> count.addAndGet(2 + tokenizer.encode(text, false, false).getIds().length));

    var counts =
        data.manifest().domains().stream()
            .filter(candidate -> candidate.name().equals(domain))
            .findFirst()
            .orElseThrow()
            .splits()
            .get(split);
    assertThat(counts.documents()).isEqualTo(texts.size());
    assertThat(counts.tokens()).isEqualTo(count.get());
    assertThat(counts.sequences()).isEqualTo(count.get() / SEQ_LEN);

    var packed =
        PrepareTest.tokens(data.split(domain, split).orElseThrow()).stream()
            .mapToLong(Integer::longValue)
            .toArray();
    int from = 0;
    int document = 0;
    for (int i = 0; i < packed.length; i++) {
      if (packed[i] == 2) {
        assertThat(packed[from]).isEqualTo(1);
        assertThat(tokenizer.decode(Arrays.copyOfRange(packed, from + 1, i), false))
            .isEqualTo(texts.get(document++));
        from = i + 1;
      }
    }
    assertThat(document).isGreaterThanOrEqualTo(texts.size() - 1);
  }
}
