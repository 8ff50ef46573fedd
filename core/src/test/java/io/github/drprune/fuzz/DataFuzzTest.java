package io.github.drprune.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.drprune.data.Manifest;
import io.github.drprune.data.PreparedData;
import io.github.drprune.data.Split;
import io.github.drprune.data.prepare.Corpora;
import io.github.drprune.data.prepare.CorpusFinder;
import io.github.drprune.data.prepare.Prepare;
import io.github.drprune.data.prepare.PrepareConfig;
import io.github.drprune.data.prepare.PrepareListener;
import io.github.drprune.io.AtomicFiles;
import io.github.drprune.tokenizer.TinyTokenizer;
import io.github.drprune.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Every format of data and tokenizers, damaged. */
class DataFuzzTest {
  @TempDir private Path folder;

  private static void prepare(Path input, Tokenizer tokenizer, Path out) throws IOException {
    var config = PrepareConfig.of("seq_len=8", "eval_fraction=0", "shard_mib=1", "max_bad_lines=1");
    AtomicFiles.deleteTree(out);
    new Prepare(CorpusFinder.of(List.of("d=" + input)), tokenizer, config, PrepareListener.SILENT)
        .into(out);
  }

  /** Damages {@code file} of the input and prepares it. */
  private void damageInput(Path file, Path input) throws Exception {
    Path out = folder.resolve("out");
    try (var tokenizer = Tokenizer.load(TinyTokenizer.write(folder.resolve("tokenizer")))) {
      prepare(input, tokenizer, out);
      var outcome = Mutations.of(file, damaged -> prepare(input, tokenizer, out));
      assertThat(outcome.refused()).isPositive();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ".gz", ".zst", ".bz2"})
  void lines(String suffix) throws Exception {
    Path file = Corpora.jsonl(folder.resolve("in.jsonl" + suffix), Corpora.documents(1, 40, 20));
    damageInput(file, file);
  }

  @ParameterizedTest
  @ValueSource(strings = {"snappy.parquet", "zstd.parquet"})
  void parquet(String name) throws Exception {
    Path file = folder.resolve(name);
    try (var in = getClass().getResourceAsStream("/data/" + name)) {
      Files.write(file, in.readAllBytes());
    }
    damageInput(file, file);
  }

  private Path mds() throws IOException {
    String header =
        """
        {"column_names": ["tokens"], "column_encodings": ["bytes"], "column_sizes": [null]}\
        """;
    int samples = 4;
    int sampleBytes = Integer.BYTES + 64;
    int first = 4 * (samples + 2) + header.length();
    var shard =
        ByteBuffer.allocate(first + samples * sampleBytes)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putInt(samples);
    for (int i = 0; i <= samples; i++) {
      shard.putInt(first + i * sampleBytes);
    }
    shard.put(header.getBytes(StandardCharsets.US_ASCII));
    for (int i = 0; i < samples; i++) {
      shard.putInt(64);
      for (int token = 0; token < 32; token++) {
        shard.putShort((short) (i + token));
      }
    }
    Path mds = Files.createDirectories(folder.resolve("mds"));
    Files.write(mds.resolve("shard.00000.mds"), shard.array());
    // Without sizes, so that damage reaches the shard's reader.
    Files.writeString(
        mds.resolve("index.json"),
        """
        {"shards": [{"raw_data": {"basename": "shard.00000.mds"}}]}\
        """);
    return mds;
  }

  @Test
  void mdsShards() throws Exception {
    Path mds = mds();
    damageInput(mds.resolve("shard.00000.mds"), mds);
  }

  @Test
  void mdsIndexes() throws Exception {
    Path mds = mds();
    damageInput(mds.resolve("index.json"), mds);
  }

  private void damagePrepared(String name) throws Exception {
    Path data = folder.resolve("data");
    Path input = Corpora.jsonl(folder.resolve("in.jsonl"), Corpora.documents(1, 40, 20));
    try (var tokenizer = Tokenizer.load(TinyTokenizer.write(folder.resolve("tokenizer")))) {
      prepare(input, tokenizer, data);
    }
    var outcome = Mutations.of(data.resolve(name), damaged -> read(data));
    assertThat(outcome.refused()).isPositive();
  }

  private static void read(Path data) {
    try (var prepared = PreparedData.open(data)) {
      for (String domain : prepared.domains()) {
        for (var split : Split.values()) {
          prepared
              .split(domain, split)
              .ifPresent(
                  sequences -> {
                    for (long row = 0; row < sequences.count(); row++) {
                      sequences.row(row);
                    }
                  });
        }
      }
      prepared.verify(bytes -> {});
    }
  }

  @Test
  void shards() throws Exception {
    damagePrepared("d/train-00000.npy");
  }

  @Test
  void manifests() throws Exception {
    damagePrepared(Manifest.FILE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"tokenizer.json", "tokenizer_config.json"})
  void tokenizers(String name) throws Exception {
    Path tokenizer = TinyTokenizer.write(folder.resolve("tokenizer"));
    var outcome =
        Mutations.of(
            tokenizer.resolve(name),
            damaged -> {
              try (var loaded = Tokenizer.load(tokenizer)) {
                loaded.encode("the heat");
              }
            });
    assertThat(outcome.refused()).isPositive();
  }
}
