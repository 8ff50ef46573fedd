package io.github.drprune.safetensors;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.drprune.error.UserException;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SafetensorsHeaderTest {
  @TempDir Path folder;

  private Path file(byte[] json, int dataBytes) throws IOException {
    var bytes = ByteBuffer.allocate(8 + json.length + dataBytes).order(ByteOrder.LITTLE_ENDIAN);
    return Files.write(
        folder.resolve("x.safetensors"), bytes.putLong(json.length).put(json).array());
  }

  private void assertRefused(Path file, String... parts) {
    assertThatThrownBy(() -> SafetensorsFile.open(file).close())
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(file.toString())
        .hasMessageContainingAll(parts)
        .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n"));
  }

  @Test
  void readsTensorsInTheOrderOfTheirBytes() throws IOException {
    String json =
        """
        {"b":{"dtype":"BF16","shape":[3],"data_offsets":[8,14]},\
        "empty":{"dtype":"F32","shape":[0,7],"data_offsets":[8,8]},\
        "__metadata__":{"format":"pt"},\
        "a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]}}  \
        """;
    try (var opened = SafetensorsFile.open(file(json.getBytes(UTF_8), 14))) {
      assertThat(opened.tensors())
          .containsExactly(
              Map.entry("a", new TensorInfo(TensorSpec.of("a", Dtype.F32, 2, 1), 0)),
              Map.entry("empty", new TensorInfo(TensorSpec.of("empty", Dtype.F32, 0, 7), 8)),
              Map.entry("b", new TensorInfo(TensorSpec.of("b", Dtype.BF16, 3), 8)));
      assertThat(opened.metadata()).isEqualTo(Map.of("format", "pt"));
      assertThat(opened.segment("b").byteSize()).isEqualTo(6);
    }
  }

  /** Headers over 16 bytes of data; what the message must name stands beside each. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,12]}}|'a': F32 [4] takes 16"
            + " bytes, its data_offsets [0, 12] do not",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[16,0]}}|'a': F32 [4] takes 16"
            + " bytes, its data_offsets [16, 0]",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[-16,0]}}|'a': data offset -16 is"
            + " out of range",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[8],\"data_offsets\":[0,32]}}|truncated: its header"
            + " describes 32 bytes of tensors, the file has 16",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}|surplus bytes at the end:"
            + " its header describes 8 bytes",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,16]}}|'a': its bytes begin at"
            + " 8, behind a hole; expected 0",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[0,12]},\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[8,16]}}|'b':"
            + " its bytes begin at 8, inside another tensor's; expected 12",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[-4],\"data_offsets\":[0,16]}}|'a': the shape [-4] has"
            + " a negative dimension",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[4611686018427387904,4],\"data_offsets\":[0,16]}}|'a':"
            + " the shape [4611686018427387904, 4] is too large",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[92233720368547758080],\"data_offsets\":[0,16]}}|'a':"
            + " shape has a number beyond 64 bits",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[4.0],\"data_offsets\":[0,16]}}|'a': shape: expected"
            + " an array of whole numbers, found a number that is not whole",
        "{\"a\":{\"dtype\":\"F99\",\"shape\":[4],\"data_offsets\":[0,16]}}|'a': dtype 'F99' is none"
            + " of the format's F32, BF16",
        "{\"a\":{\"dtype\":\"F4\",\"shape\":[31],\"data_offsets\":[0,16]}}|'a': F4 [31] does not"
            + " fill whole bytes",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[4]}}|'a': expected dtype, shape and two data_offsets",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0]}}|'a': expected dtype, shape"
            + " and two data_offsets",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,8,16]}}|'a': data_offsets has"
            + " more than 2 numbers",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16],\"x\":1}}|'a': unknown key"
            + " 'x'",
        "{\"a\":{\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16]}}|Duplicate"
            + " field 'dtype'",
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16]},\"a\":{}}|Duplicate field"
            + " 'a'",
        "{\"\\ud800\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,16]}}|the name is not"
            + " Unicode text",
        "{\"a\\nb\":{\"dtype\":\"F32\",\"shape\":[4],\"data_offsets\":[0,12]}}|tensor 'a?b'",
        "{\"__metadata__\":{\"format\":1}}|__metadata__.'format': expected a string, found a whole"
            + " number",
        "{\"a\":[]}|tensor 'a': expected an object, found an array",
        "{\"a\":{\"dtype\":\"F32\"|not valid JSON",
        "{} {}|more follows",
        "[1]|does not begin with '{'",
        "{[[[[[[[[[[[[[[|not valid JSON",
      })
  void refusesHeadersThatLie(String json, String part) throws IOException {
    assertRefused(file(json.getBytes(UTF_8), 16), part);
  }

  @Test
  void refusesShapesWithoutEnd() throws IOException {
    String shape = "1,".repeat(1_000_000) + "1";
    String json = "{\"a\":{\"dtype\":\"F32\",\"shape\":[%s],\"data_offsets\":[0,4]}}";
    assertRefused(file(json.formatted(shape).getBytes(UTF_8), 4), "'a'", "more than 64 numbers");
  }

  @Test
  void refusesNestingWithoutEnd() throws IOException {
    String json = "{\"a\":" + "[".repeat(1_000_000);
    assertRefused(file(json.getBytes(UTF_8), 0), "expected an object");
    json = "{\"a\":{\"dtype\":" + "{\"x\":".repeat(1_000_000);
    assertRefused(file(json.getBytes(UTF_8), 0), "dtype: expected a string, found an object");
  }

  @Test
  void refusesBytesThatAreNoUtf8() throws IOException {
    String json = "{\"\u00e9\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]}}";
    assertRefused(file(json.getBytes(ISO_8859_1), 1), "not UTF-8");
    SafetensorsFile.open(file(json.getBytes(UTF_8), 1)).close();
  }

  @ParameterizedTest
  @CsvSource({
    "100, 'header length 100, but the file has 18 bytes'",
    "100000001, at most 100000000",
    "-1, header length 18446744073709551615",
    "0, does not begin with",
  })
  void refusesHeaderLengthsBeyondTheFile(long length, String part) throws IOException {
    var bytes = ByteBuffer.allocate(18).order(ByteOrder.LITTLE_ENDIAN).putLong(length);
    assertRefused(Files.write(folder.resolve("x.safetensors"), bytes.array()), part);
  }

  @Test
  void refusesTheFormatsLimitEvenWhereTheFileIsLarger() throws IOException {
    Path file = folder.resolve("x.safetensors");
    var length = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(100_000_001).flip();
    try (var channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      channel.write(length);
      channel.write(ByteBuffer.allocate(1), 300_000_000);
    }
    assertRefused(file, "header length 100000001", "at most 100000000");
  }

  @Test
  void namesWhatWasFoundInsteadOfAFile() throws IOException {
    Path file = folder.resolve("x.safetensors");
    assertRefused(file, "no such file");
    assertRefused(Files.createFile(file), "it has 0 bytes");
    assertRefused(
        Files.writeString(file, "version https://git-lfs.github.com/spec/v1\noid sha256:0\n"),
        "Git LFS pointer");
  }

  @Test
  void mapsTensorsBeyondTwoGibibytes() throws IOException {
    long large = (1L << 31) + 16;
    var header =
        SafetensorsHeader.of(
            List.of(TensorSpec.of("large", Dtype.U8, large), TensorSpec.of("last", Dtype.U8, 1)),
            Map.of());
    Path file = folder.resolve("x.safetensors");
    try (var channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.SPARSE,
            StandardOpenOption.WRITE)) {
      channel.write(header.encoded());
      channel.write(ByteBuffer.wrap(new byte[] {42}), header.dataStart() + large);
    }
    try (var opened = SafetensorsFile.open(file)) {
      assertThat(opened.segment("large").byteSize()).isEqualTo(large);
      assertThat(opened.segment("large").get(ValueLayout.JAVA_BYTE, large - 1)).isZero();
      assertThat(opened.segment("last").get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 42);
    }
  }
}
