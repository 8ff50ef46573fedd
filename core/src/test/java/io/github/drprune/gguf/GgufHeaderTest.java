package io.github.drprune.gguf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.drprune.error.UserException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GgufHeaderTest {
  private static final int MUTATIONS = 2_000;

  @TempDir private Path folder;

  private static GgufHeader header() {
    SequencedMap<String, GgufValue> metadata = new LinkedHashMap<>();
    metadata.put("general.architecture", GgufValue.of("llama"));
    metadata.put("llama.block_count", GgufValue.of(3));
    metadata.put("llama.rope.freq_base", GgufValue.of(10_000.0));
    metadata.put("tokenizer.ggml.add_bos_token", GgufValue.of(true));
    metadata.put("tokenizer.ggml.tokens", GgufValue.texts(List.of("<s>", "", "ä")));
    metadata.put("tokenizer.ggml.token_type", GgufValue.ints(3, 1, -1));
    metadata.put("tokenizer.ggml.scores", GgufValue.floats(0, -1.5f, 1e9f));
    metadata.put("a.long", new GgufValue.Whole(GgufValue.Type.UINT64, -1));
    metadata.put("a.double", new GgufValue.Decimal(GgufValue.Type.FLOAT64, 0.1));
    return new GgufHeader(
        metadata,
        List.of(
            new GgufTensor("output_norm.weight", TensorType.F32, List.of(5L)),
            new GgufTensor("token_embd.weight", TensorType.Q8_0, List.of(32L, 3L)),
            new GgufTensor("blk.0.attn_q.weight", TensorType.BF16, List.of(3L, 7L))));
  }

  private Path file() throws IOException {
    Path file = folder.resolve("model.gguf");
    GgufWriter.write(file, header(), (tensor, out) -> out.write(new byte[(int) tensor.byteSize()]));
    return file;
  }

  @Test
  void whatIsWrittenIsRead() throws IOException {
    GgufHeader read = GgufHeader.read(file());
    assertThat(read).isEqualTo(header());
    assertThat(read.parameters()).isEqualTo(5 + 96 + 21);
  }

  /** Laid out by hand from the format's description. */
  @Test
  void theSmallestFileByteByByte() throws IOException {
    Path file = folder.resolve("small.gguf");
    SequencedMap<String, GgufValue> metadata = new LinkedHashMap<>();
    metadata.put("k", GgufValue.of(258));
    GgufWriter.write(
        file,
        new GgufHeader(metadata, List.of(new GgufTensor("t", TensorType.F16, List.of(2L)))),
        (_, out) -> out.write(new byte[] {1, 2, 3, 4}));
    ByteBuffer expected = ByteBuffer.allocate(128).order(ByteOrder.LITTLE_ENDIAN);
    expected.put("GGUF".getBytes()).putInt(3).putLong(1).putLong(1);
    expected.putLong(1).put((byte) 'k').putInt(4).putInt(258);
    expected.putLong(1).put((byte) 't').putInt(1).putLong(2).putInt(1).putLong(0);
    // The header has 74 bytes; data begin at a multiple of 32, and end at one.
    assertThat(expected.position()).isEqualTo(74);
    expected.position(96).put(new byte[] {1, 2, 3, 4});
    assertThat(Files.readAllBytes(file)).isEqualTo(expected.array());
  }

  @Test
  void aSourceThatGivesOtherBytesLeavesNothing() {
    Path file = folder.resolve("none.gguf");
    assertThatThrownBy(() -> GgufWriter.write(file, header(), (_, out) -> out.write(1)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("declared as 20 bytes, its source gave 1");
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void truncatedFilesAreToldInOneLine() throws IOException {
    byte[] whole = Files.readAllBytes(file());
    GgufTensor last = header().tensors().getLast();
    // All but the padding behind the last tensor's bytes is needed.
    int needed = whole.length - (int) (header().padded(last.byteSize()) - last.byteSize());
    for (int length = 0; length < needed; length++) {
      requireOneLine(Arrays.copyOf(whole, length));
    }
  }

  @Test
  void mutatedHeadersAreReadOrToldInOneLine() throws IOException {
    byte[] whole = Files.readAllBytes(file());
    int headerEnd = whole.length - (int) header().dataLength();
    var random = new SplittableRandom(7);
    int refused = 0;
    for (int i = 0; i < MUTATIONS; i++) {
      byte[] mutated = whole.clone();
      for (int changes = random.nextInt(1, 5); changes > 0; changes--) {
        int at = random.nextInt(headerEnd);
        mutated[at] =
            switch (random.nextInt(3)) {
              case 0 -> (byte) (mutated[at] ^ 1 << random.nextInt(8));
              case 1 -> (byte) 0xff;
              default -> (byte) random.nextInt(256);
            };
      }
      refused += isRead(mutated) ? 0 : 1;
    }
    assertThat(refused).isGreaterThan(MUTATIONS / 2);
  }

  private void requireOneLine(byte[] bytes) throws IOException {
    assertThat(isRead(bytes)).as("%d bytes", bytes.length).isFalse();
  }

  /** Reads it, or finds one line that names the file. */
  private boolean isRead(byte[] bytes) throws IOException {
    Path file = folder.resolve("damaged.gguf");
    Files.write(file, bytes);
    try {
      GgufHeader.read(file);
      return true;
    } catch (UserException e) {
      assertThat(e.getMessage()).startsWith(file.toString()).doesNotContain("\n");
      return false;
    }
  }
}
