package io.github.drprune.data.prepare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.github.luben.zstd.Zstd;
import io.github.drprune.data.PreparedData;
import io.github.drprune.data.Split;
import io.github.drprune.error.UserException;
import io.github.drprune.json.Json;
import io.github.drprune.tokenizer.TinyTokenizer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MdsSourceTest {
  private static final int SEQ_LEN = 16;

  @TempDir private Path folder;
  private Path tokenizer;

  @BeforeEach
  void writeTokenizer() throws IOException {
    tokenizer = TinyTokenizer.write(folder.resolve("tokenizer"));
  }

  private static int[] sample(int number) {
    return IntStream.range(0, SEQ_LEN).map(i -> (number * 31 + i * 7) % 265).toArray();
  }

  /** A shard as MDSWriter of MosaicML streaming writes {"tokens": "bytes", "set": "str"}. */
  private static byte[] shard(List<int[]> samples, int tokenBytes) {
    // Columns are sorted by name: set, tokens; both of variable size.
    byte[] config =
        "{\"column_encodings\": [\"str\", \"bytes\"], \"column_names\": [\"set\", \"tokens\"], \"column_sizes\": [null, null], \"compression\": null, \"format\": \"mds\", \"hashes\": [], \"size_limit\": 67108864, \"version\": 2}"
            .getBytes(StandardCharsets.UTF_8);
    byte[] set = "wiki".getBytes(StandardCharsets.UTF_8);
    int sampleBytes = 8 + set.length + SEQ_LEN * tokenBytes;
    int start = 4 + 4 * (samples.size() + 1) + config.length;
    var out =
        ByteBuffer.allocate(start + samples.size() * sampleBytes).order(ByteOrder.LITTLE_ENDIAN);
    out.putInt(samples.size());
    for (int i = 0; i <= samples.size(); i++) {
      out.putInt(start + i * sampleBytes);
    }
    out.put(config);
    for (int[] sample : samples) {
      out.putInt(set.length).putInt(SEQ_LEN * tokenBytes).put(set);
      for (int token : sample) {
        switch (tokenBytes) {
          case 2 -> out.putShort((short) token);
          case 4 -> out.putInt(token);
          default -> out.putLong(token);
        }
      }
    }
    return out.array();
  }

  private static void writeFolder(Path domain, int tokenBytes, boolean zip) throws IOException {
    Files.createDirectories(domain);
    var shards = new ArrayList<Map<String, Object>>();
    for (int s = 0; s < 2; s++) {
      byte[] raw =
          shard(
              IntStream.range(s * 20, s * 20 + 20).mapToObj(MdsSourceTest::sample).toList(),
              tokenBytes);
      String name = "shard.%05d.mds".formatted(s);
      byte[] stored = zip ? Zstd.compress(raw) : raw;
      Files.write(domain.resolve(zip ? name + ".zstd" : name), stored);
      Map<String, Object> rawData =
          Map.of("basename", name, "bytes", raw.length, "hashes", Map.of());
      shards.add(
          zip
              ? Map.of(
                  "raw_data",
                  rawData,
                  "zip_data",
                  Map.of("basename", name + ".zstd", "bytes", stored.length))
              : Map.of("raw_data", rawData));
    }
    Files.writeString(
        domain.resolve("index.json"), Json.line(Map.of("shards", shards, "version", 2)));
  }

  private static PrepareConfig config() {
    return PrepareConfig.of(
        "seq_len=" + SEQ_LEN, "eval_fraction=0", "shard_mib=1", "max_bad_lines=0");
  }

  @Test
  void sequencesComeThroughAsTheyAre() throws IOException {
    Path corpus = folder.resolve("corpus");
    writeFolder(corpus.resolve("two"), 2, false);
    writeFolder(corpus.resolve("four"), 4, true);
    writeFolder(corpus.resolve("eight"), 8, false);
    Corpora.prepare(corpus, tokenizer, config(), folder.resolve("out"));
    try (var data = PreparedData.open(folder.resolve("out"))) {
      assertThat(data.domains()).containsExactly("eight", "four", "two");
      for (var train : data.all(Split.TRAIN)) {
        assertThat(train.count()).isEqualTo(40);
        for (int i = 0; i < 40; i++) {
          assertThat(train.row(i)).isEqualTo(sample(i));
        }
      }
    }
  }

  @Test
  void explainsShardsItCannotUse() throws IOException {
    Path corpus = folder.resolve("corpus");
    Path domain = corpus.resolve("a");
    writeFolder(domain, 2, false);
    Path shard = domain.resolve("shard.00001.mds");
    byte[] whole = Files.readAllBytes(shard);

    // A token that this vocabulary of 265 does not have.
    byte[] other = whole.clone();
    other[other.length - 1] = 0x70;
    Files.write(shard, other);
    refused(corpus).hasMessageContaining("shard.00001.mds:20").hasMessageContaining("another one");

    other =
        new String(whole, StandardCharsets.ISO_8859_1)
            .replace("\"tokens\"]", "\"tokenz\"]")
            .getBytes(StandardCharsets.ISO_8859_1);
    Files.write(shard, other);
    refused(corpus).hasMessageContaining("needs a column 'tokens' of bytes");

    other = whole.clone();
    other[4] = (byte) 0xFF;
    Files.write(shard, other);
    refused(corpus).hasMessageContaining("not an MDS shard");

    Files.write(shard, java.util.Arrays.copyOf(whole, whole.length - 9));
    refused(corpus).hasMessageContaining("index.json says");
    Files.delete(shard);
    refused(corpus).hasMessageContaining("shard.00001.mds that it lists is missing");
  }

  private org.assertj.core.api.AbstractThrowableAssert<?, ? extends Throwable> refused(Path corpus)
      throws IOException {
    Path out = Files.createTempDirectory(folder, "out");
    return assertThatThrownBy(() -> Corpora.prepare(corpus, tokenizer, config(), out))
        .isInstanceOf(UserException.class);
  }
}
