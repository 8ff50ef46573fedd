package io.github.drprune.prune;

import io.github.drprune.json.Json;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Assumptions;

/** A small real model and real text, where a machine has them. */
record SharedText(Path model, Path corpus) {
  /** Skips the test that asks where they are absent. */
  static SharedText orSkip() {
    Path root = Path.of(System.getProperty("shared.dir", "absent"));
    var shared =
        new SharedText(root.resolve("models/redpajama-9m"), root.resolve("data/redpajama-sample"));
    Assumptions.assumeTrue(
        Files.isDirectory(shared.model()) && Files.isDirectory(shared.corpus()),
        "no real model and text in " + root);
    return shared;
  }

  /** {@code count} tokens of the text of a domain, after the mark that begins a text. */
  int[] tokens(String domain, String split, int count) throws IOException {
    List<Integer> tokens = new ArrayList<>(List.of(1));
    try (var tokenizer = Tokenizer.load(model);
        var lines = Files.lines(corpus.resolve(domain).resolve(split + ".jsonl"))) {
      var texts = lines.iterator();
      while (tokens.size() < count) {
        IntStream.of(tokenizer.encode(Json.tree(texts.next(), domain).get("text").asText()))
            .forEach(tokens::add);
      }
    }
    return tokens.stream().limit(count).mapToInt(Integer::intValue).toArray();
  }

  /** Batches of text of several domains, [2, 256] each. */
  List<Tensor> calibration() throws IOException {
    List<Tensor> batches = new ArrayList<>();
    for (String domain : List.of("c4", "github", "arxiv", "wiki")) {
      long[] ids = IntStream.of(tokens(domain, "train", 512)).asLongStream().toArray();
      batches.add(Tensors.of(ids, 2, 256));
    }
    return batches;
  }
}
