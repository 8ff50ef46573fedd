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

    Corpora.prepare(corpus, model, PrepareConfig.of("seq_len=" + SEQ_LEN), out);
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
        check(corpus, domain.name(), Split.TRAIN, data, tokenizer);
        check(corpus, domain.name(), Split.EVAL, data, tokenizer);
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
    long[] ends = new long[texts.size()];
    long count = 0;
    for (int i = 0; i < ends.length; i++) {
      count += 2 + tokenizer.encode(texts.get(i), false, false).getIds().length;
      ends[i] = count;
    }

    var counts =
        data.manifest().domains().stream()
            .filter(candidate -> candidate.name().equals(domain))
            .findFirst()
            .orElseThrow()
            .splits()
            .get(split);
    assertThat(counts.documents()).isEqualTo(texts.size());
    assertThat(counts.tokens()).isEqualTo(count);
    assertThat(counts.sequences()).isEqualTo(count / SEQ_LEN);

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
    long used = packed.length;
    assertThat(document).isEqualTo(Arrays.stream(ends).filter(end -> end <= used).count());
  }
}
