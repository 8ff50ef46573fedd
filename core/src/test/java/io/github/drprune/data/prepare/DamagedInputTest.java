package io.github.drprune.data.prepare;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.drprune.data.Split;
import io.github.drprune.error.UserException;
import io.github.drprune.tokenizer.TinyTokenizer;
import io.github.drprune.tokenizer.Tokenizer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Input that is cut, padded or claims what it has not. */
@Timeout(60)
class DamagedInputTest {
  private static final int MEMBERS = 10;
  private static final byte[] SKIPPABLE = {0x50, 0x2A, 0x4D, 0x18, 3, 0, 0, 0, 'a', 'b', 'c'};

  @TempDir private Path folder;
  private Tokenizer tokenizer;

  @BeforeEach
  void load() throws IOException {
    tokenizer = Tokenizer.load(TinyTokenizer.write(folder.resolve("tokenizer")));
  }

  @AfterEach
  void close() {
    tokenizer.close();
  }

  /** Documents in {@code input}, which becomes the only domain. */
  private long documents(Path input) throws IOException {
    var config = PrepareConfig.of("seq_len=8", "eval_fraction=0", "shard_mib=1", "max_bad_lines=0");
    Path out = Files.createTempDirectory(folder, "out");
    var corpus = CorpusFinder.of(List.of("d=" + input));
    var manifest = new Prepare(corpus, tokenizer, config, new Corpora.Warnings()).into(out);
    return manifest.domains().getFirst().splits().get(Split.TRAIN).documents();
  }

  private void refused(Path input, String why) {
    assertThatThrownBy(() -> documents(input))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(input.toString())
        .hasMessageContaining(why)
        .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));
  }

  /** Ten members one after the other, as {@code cat} joins them, a document in each. */
  private byte[] members(String suffix) throws IOException {
    var joined = new ByteArrayOutputStream();
    for (int i = 0; i < MEMBERS; i++) {
      Path member =
          Corpora.jsonl(folder.resolve("member.jsonl" + suffix), List.of("the heat " + i));
      joined.write(Files.readAllBytes(member));
    }
    return joined.toByteArray();
  }

  private Path file(String suffix, byte[]... parts) throws IOException {
    var joined = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      joined.write(part);
    }
    return Files.write(folder.resolve("input.jsonl" + suffix), joined.toByteArray());
  }

  @ParameterizedTest
  @ValueSource(strings = {".gz", ".zst", ".bz2"})
  void membersAreReadToTheLastOrTheFileIsRefused(String suffix) throws IOException {
    byte[] whole = members(suffix);
    assertThat(documents(file(suffix, whole))).isEqualTo(MEMBERS);
    for (int cut = 1; cut < whole.length / MEMBERS; cut += 3) {
      refused(file(suffix, Arrays.copyOf(whole, whole.length - cut)), "corrupt or truncated");
    }
    refused(file(suffix, whole, "the heat".getBytes(UTF_8)), "corrupt or truncated");
    refused(file(suffix), "corrupt or truncated");
  }

  @Test
  void zerosBehindGzipArePadding() throws IOException {
    assertThat(documents(file(".gz", members(".gz"), new byte[1 << 17]))).isEqualTo(MEMBERS);
    refused(file(".gz", members(".gz"), new byte[512], new byte[] {1}), "corrupt or truncated");
  }

  @Test
  void skippableFramesAreSkippedAndMustBeWhole() throws IOException {
    byte[] whole = members(".zst");
    assertThat(documents(file(".zst", SKIPPABLE, whole, SKIPPABLE))).isEqualTo(MEMBERS);
    refused(file(".zst", whole, Arrays.copyOf(SKIPPABLE, 9)), "ends within a frame");
  }

  /** As {@code zstd --long=31} writes them. */
  @Test
  void framesWithALongWindowAreRead() throws IOException {
    byte[] whole = members(".zst");
    boolean hasWindow = (whole[4] & 0x20) == 0;
    assertThat(hasWindow).isTrue();
    whole[5] = (byte) (31 - 10 << 3);
    assertThat(documents(file(".zst", whole))).isEqualTo(MEMBERS);
  }

  /** Every file of the cases that are data, each sound or with what it is refused for. */
  @Test
  void theCasesAreReadOrRefused() throws IOException {
    Path cases = Path.of(System.getProperty("shared.dir", "")).resolve("cases");
    assumeTrue(Files.isDirectory(cases), "no cases there");
    var sound =
        Set.of(
            "whole.parquet",
            "lz4.parquet",
            "brotli.parquet",
            "window-2GiB.jsonl.zst",
            "zero-padded.jsonl.gz");
    for (String kind : List.of("gzip", "mds", "parquet", "zstd")) {
      try (var files = Files.list(cases.resolve(kind))) {
        for (Path file : files.toList()) {
          if (sound.contains(file.getFileName().toString())) {
            assertThat(documents(file)).as(file.toString()).isPositive();
          } else {
            refused(file, "");
          }
        }
      }
    }
  }
}
