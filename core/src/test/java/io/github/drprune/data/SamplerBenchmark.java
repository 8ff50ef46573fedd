package io.github.drprune.data;

import io.github.drprune.io.AtomicFiles;
import io.github.drprune.io.Sha256;
import io.github.drprune.json.Json;
import io.github.drprune.tokenizer.SpecialTokens;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.random.RandomGenerator;

/**
 * Measures how long a trainer waits for a batch of 32 sequences of 4096 tokens: when it asks for
 * one after the other without any work between, when it works 20 ms on each, and when it changes
 * the weights every time, which discards what was assembled ahead.
 */
final class SamplerBenchmark {
  private static final int SEQ_LEN = 4096;
  private static final int ROWS = 4000;
  private static final int BATCH = 32;
  private static final int WARM_UP = 200;
  private static final int BATCHES = 500;

  private SamplerBenchmark() {}

  public static void main(String[] args) throws Exception {
    Path folder = Files.createTempDirectory("sampler-benchmark");
    try {
      write(folder);
      try (var data = PreparedData.open(folder)) {
        var train = data.all(Split.TRAIN);
        measure("without work between", train, 0, false);
        measure("20 ms of work between", train, 20, false);
        measure("weights changed every time", train, 0, true);
      }
    } finally {
      AtomicFiles.deleteTree(folder);
    }
  }

  private static void measure(
      String name, List<TokenSequences> train, long workMillis, boolean change) throws Exception {
    var state = SamplerState.start(1, train.size());
    long waited = 0;
    long longest = 0;
    int batches = workMillis == 0 ? BATCHES : BATCHES / 5;
    try (var loader = new BatchLoader(train, state, new BatchLoader.Share(BATCH, 0, 1))) {
      for (int i = 0; i < WARM_UP + batches; i++) {
        double[] weights = {0.4, 0.3, 0.2, change ? 0.1 + i * 1e-6 : 0.1};
        long start = System.nanoTime();
        loader.next(weights);
        long wait = System.nanoTime() - start;
        if (i >= WARM_UP) {
          waited += wait;
          longest = Math.max(longest, wait);
          Thread.sleep(workMillis);
        }
      }
    }
    System.out.println(
        String.format(
            Locale.ROOT,
            "%s: %.3f ms a batch on average, %.3f ms at most",
            name,
            waited / 1e6 / batches,
            longest / 1e6));
  }

  private static void write(Path folder) throws IOException {
    var domains = new ArrayList<Manifest.Domain>();
    for (String name : List.of("a", "b", "c", "d")) {
      String file = name + ".npy";
      var header = new NpyHeader(TokenType.UINT16, ROWS, SEQ_LEN);
      try (var channel =
          FileChannel.open(
              folder.resolve(file), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
        channel.write(header.toBytes());
        var row = new byte[(int) header.rowBytes()];
        var random = RandomGenerator.getDefault();
        for (int i = 0; i < ROWS; i++) {
          random.nextBytes(row);
          channel.write(ByteBuffer.wrap(row));
        }
      }
      var splits = new EnumMap<Split, Manifest.SplitData>(Split.class);
      splits.put(
          Split.TRAIN,
          new Manifest.SplitData(
              ROWS,
              0,
              (long) ROWS * SEQ_LEN,
              0,
              List.of(
                  new Manifest.Shard(
                      file, ROWS, header.fileBytes(), Sha256.of(folder.resolve(file))))));
      domains.add(new Manifest.Domain(name, splits));
    }
    var manifest =
        new Manifest(
            Manifest.FORMAT,
            Manifest.VERSION,
            new Manifest.TokenizerIdentity("0", 1 << 16, new SpecialTokens(1, 2)),
            SEQ_LEN,
            TokenType.UINT16,
            "0",
            0,
            0L,
            domains);
    AtomicFiles.text(folder.resolve(Manifest.FILE), Json.pretty(manifest));
  }
}
