package io.github.drprune.safetensors;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.github.drprune.error.UserException;
import io.github.drprune.io.ByteSize;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Damaged files are read or refused; no other exception, no endless loop, no fault of the JVM. Each
 * round damages one file at random and, where it still opens, touches every byte of its tensors.
 */
@Timeout(120)
class FuzzTest {
  private static final int ROUNDS = 6000;

  @TempDir Path folder;

  private int opened;
  private int refused;

  @BeforeEach
  void writeShards() throws IOException {
    SafetensorsWriter.writeCheckpoint(
        folder,
        List.of(
            TensorSpec.of("model.embed_tokens.weight", Dtype.F32, 6, 4),
            TensorSpec.of("model.layers.0.mlp.up_proj.weight", Dtype.BF16, 3, 5),
            TensorSpec.of("lm_head.weight", Dtype.F16, 2, 2)),
        new ByteSize(100),
        (tensor, sink) -> sink.write(MemorySegment.ofArray(new byte[(int) tensor.byteSize()])));
  }

  private void openDamaged() throws IOException {
    try (var reader = CheckpointReader.open(folder)) {
      for (String name : reader.tensors().keySet()) {
        reader.segment(name).toArray(ValueLayout.JAVA_BYTE);
      }
      opened++;
    } catch (UserException e) {
      assertThat(e.getMessage().lines()).hasSize(1);
      refused++;
    }
  }

  /**
   * A new file: some file systems force one that is cut to nothing and written again to the disk.
   */
  private static void replace(Path file, byte[] bytes) throws IOException {
    Files.delete(file);
    Files.write(file, bytes, StandardOpenOption.CREATE_NEW);
  }

  private void damage(String name, int headerBytes, long seed) throws IOException {
    Path file = folder.resolve(name);
    byte[] original = Files.readAllBytes(file);
    var random = new Random(seed);
    for (int round = 0; round < ROUNDS; round++) {
      byte[] bytes = original.clone();
      int end = headerBytes == 0 ? bytes.length : headerBytes;
      switch (random.nextInt(4)) {
        case 0 -> bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
        case 1 -> bytes[random.nextInt(end)] = (byte) random.nextInt(256);
        default -> {
          for (int flips = 1 + random.nextInt(4); flips > 0; flips--) {
            bytes[random.nextInt(end)] ^= (byte) (1 << random.nextInt(8));
          }
        }
      }
      replace(file, bytes);
      openDamaged();
    }
    assertThat(opened + refused).isEqualTo(ROUNDS);
    assertThat(refused).isGreaterThan(ROUNDS / 2);
    // Flips in metadata and padding leave the file readable: not everything may be refused.
    assertThat(opened).isPositive();
  }

  @Test
  void damagedHeaders() throws IOException {
    String name = "model-00001-of-00002.safetensors";
    long length =
        ByteBuffer.wrap(Files.readAllBytes(folder.resolve(name)))
            .order(ByteOrder.LITTLE_ENDIAN)
            .getLong();
    damage(name, 8 + (int) length, 1);
  }

  @Test
  void damagedIndex() throws IOException {
    damage("model.safetensors.index.json", 0, 2);
  }

  /**
   * Numbers are what lies best: each one in a header replaced by ones at the edges of its range.
   */
  @Test
  void numbersAtTheEdges() throws IOException {
    Path file = folder.resolve("model-00001-of-00002.safetensors");
    byte[] original = Files.readAllBytes(file);
    int length = (int) ByteBuffer.wrap(original).order(ByteOrder.LITTLE_ENDIAN).getLong();
    String header = new String(original, 8, length, US_ASCII);
    var digits = Pattern.compile("(?<=[\\[,])\\d+").matcher(header);
    int rounds = 0;
    while (digits.find()) {
      for (String edge :
          List.of(
              "-1", "9223372036854775807", "4611686018427387904", "1e30", "99999999999999999999")) {
        String lie = header.substring(0, digits.start()) + edge + header.substring(digits.end());
        var bytes =
            ByteBuffer.allocate(8 + lie.length() + original.length - 8 - length)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(lie.length())
                .put(lie.getBytes(US_ASCII))
                .put(original, 8 + length, original.length - 8 - length);
        replace(file, bytes.array());
        openDamaged();
        rounds++;
      }
    }
    assertThat(refused).isEqualTo(rounds).isGreaterThanOrEqualTo(20);
  }
}
