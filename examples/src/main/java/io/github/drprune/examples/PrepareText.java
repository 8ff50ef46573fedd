package io.github.drprune.examples;

import io.github.drprune.data.Manifest;
import io.github.drprune.data.Split;
import io.github.drprune.data.prepare.CorpusFinder;
import io.github.drprune.data.prepare.Prepare;
import io.github.drprune.data.prepare.PrepareConfig;
import io.github.drprune.data.prepare.PrepareListener;
import io.github.drprune.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Path;

/** Tokenizes text into shards for training. Arguments: MODEL CORPUS DATA SEQ_LEN. */
public final class PrepareText {
  private PrepareText() {}

  public static void main(String[] args) throws IOException {
    Path data = Path.of(args[2]);
    Manifest manifest;
    try (var tokenizer = Tokenizer.load(Path.of(args[0]))) {
      var corpus = CorpusFinder.in(Path.of(args[1]));
      var config = PrepareConfig.of("seq_len=" + args[3]);
      manifest = new Prepare(corpus, tokenizer, config, PrepareListener.SILENT).into(data);
    }
    for (var domain : manifest.domains()) {
      long tokens = domain.splits().get(Split.TRAIN).tokens();
      System.out.printf("%s: %,d tokens%n", domain.name(), tokens);
    }
  }
}
