package io.github.drprune.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.drprune.error.UserException;
import io.github.drprune.io.ByteSize;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CheckpointReaderTest {
  private static final String INDEX = "model.safetensors.index.json";
  private static final String FIRST = "model-00001-of-00002.safetensors";
  private static final String SECOND = "model-00002-of-00002.safetensors";

  @TempDir Path folder;

  /** Two shards: a and b in the first, c in the second. */
  @BeforeEach
  void writeShards() throws IOException {
    SafetensorsWriter.writeCheckpoint(
        folder,
        List.of(
            TensorSpec.of("a", Dtype.F32, 2),
            TensorSpec.of("b", Dtype.BF16, 4),
            TensorSpec.of("c", Dtype.I64, 2)),
        new ByteSize(16),
        CheckpointReaderTest::zeros);
  }

  private static void zeros(TensorSpec tensor, SafetensorsWriter.Sink sink) throws IOException {
    sink.write(MemorySegment.ofArray(new byte[(int) tensor.byteSize()]));
  }

  private void assertRefused(String... parts) {
    assertThatThrownBy(() -> CheckpointReader.open(folder).close())
        .isInstanceOf(UserException.class)
        .hasMessageContainingAll(parts);
  }

  private void replaceInIndex(String from, String to) throws IOException {
    Path index = folder.resolve(INDEX);
    String json = Files.readString(index);
    assertThat(json).contains(from);
    Files.writeString(index, json.replace(from, to));
  }

  @Test
  void givesTheTensorsOfAllShards() throws IOException {
    try (var reader = CheckpointReader.open(folder)) {
      assertThat(reader.tensors().keySet()).containsExactly("a", "b", "c");
      assertThat(reader.fileOf("c")).isEqualTo(folder.resolve(SECOND));
      assertThat(reader.segment("b").byteSize()).isEqualTo(8);
      assertThatThrownBy(() -> reader.segment("d")).hasMessageContaining("no tensor 'd'");
    }
  }

  @Test
  void saysWhatIsNotAsTheModelExpects() throws IOException {
    try (var reader = CheckpointReader.open(folder)) {
      assertThat(reader.require("b", 4).dtype()).isEqualTo(Dtype.BF16);
      assertThatThrownBy(() -> reader.require("norm", 4))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("expected tensor 'norm' of shape [4], found none");
      assertThatThrownBy(() -> reader.require("b", 2, 2))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("tensor 'b': expected shape [2, 2], found [4]");
      assertThatThrownBy(() -> reader.require("c", 2))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("dtype I64 of tensor 'c' is not supported");
    }
  }

  @Test
  void segmentsEndWithTheReader() throws IOException {
    MemorySegment segment;
    try (var reader = CheckpointReader.open(folder)) {
      segment = reader.segment("a");
      assertThat(segment.isReadOnly()).isTrue();
    }
    assertThat(segment.scope().isAlive()).isFalse();
  }

  @Test
  void refusesShardsThatAreMissing() throws IOException {
    Files.delete(folder.resolve(SECOND));
    assertRefused(INDEX, SECOND, "not in the folder");
  }

  @Test
  void refusesTensorsThatAreElsewhere() throws IOException {
    replaceInIndex("\"b\" : \"" + FIRST, "\"b\" : \"" + SECOND);
    assertRefused("tensor 'b' is in '" + FIRST, "the index has it in '" + SECOND);
  }

  @Test
  void refusesTensorsThatAreMissing() throws IOException {
    replaceInIndex("\"c\"", "\"d\": \"" + SECOND + "\", \"c\"");
    assertRefused("expected tensor 'd' in '" + SECOND);
  }

  @Test
  void refusesTensorsThatTheIndexDoesNotHave() throws IOException {
    replaceInIndex("\"b\" : \"" + FIRST + "\",", "");
    assertRefused("tensor 'b' is in '" + FIRST, "the index does not have it");
  }

  @Test
  void refusesTensorsInTwoShards() throws IOException {
    SafetensorsWriter.writeFile(
        folder.resolve(SECOND),
        List.of(TensorSpec.of("a", Dtype.F32, 2), TensorSpec.of("c", Dtype.I64, 2)),
        Map.of(),
        CheckpointReaderTest::zeros);
    assertRefused("tensor 'a' is in '" + SECOND, "the index has it in '" + FIRST);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"../x.safetensors", "/etc/passwd", "sub/x.safetensors", "..", ".", "", "a\\\\b"})
  void refusesPathsOutOfTheFolder(String name) throws IOException {
    replaceInIndex(SECOND, name);
    assertRefused("tensor 'c': expected the name of a file in the same folder");
  }

  @Test
  void refusesNamesThatNoFileCanHave() throws IOException {
    replaceInIndex(SECOND, "a\\u0000b");
    assertRefused("tensor 'c': expected the name of a file in the same folder, found 'a?b'");
  }

  @Test
  void refusesAnIndexWithTensorsTwice() throws IOException {
    replaceInIndex("\"b\"", "\"a\"");
    assertRefused(INDEX, "Duplicate field 'a'");
  }

  @Test
  void refusesAnIndexWithoutTensors() throws IOException {
    Files.writeString(folder.resolve(INDEX), "{\"metadata\": {}}");
    assertRefused(INDEX, "no weight_map");
  }

  /** Bits of values that are not finite, and of the largest that are, of each type. */
  @ParameterizedTest
  @CsvSource({
    "F32,  7f800000 ff800000 7fc00000 7f800001 ffffffff, 7f7fffff ff7fffff 80000000 00000001",
    "BF16, 7f80 ff80 7fc0 7f81 ffff, 7f7f ff7f 8000 0001 7f00",
    "F16,  7c00 fc00 7e00 7c01 ffff, 7bff fbff 8000 0001 7800",
  })
  void countsWhatIsNotFinite(Dtype dtype, String refused, String passed) throws IOException {
    List<String> bad = List.of(refused.split(" "));
    List<String> good = List.of(passed.split(" "));
    writeSingle(dtype, Collections.nCopies(3, good), good);
    try (var reader = CheckpointReader.open(folder)) {
      assertThatCode(() -> reader.requireFinite(List.of("a", "b"))).doesNotThrowAnyException();
    }
    // Each value at each place of a word, alone and in a row.
    for (String value : bad) {
      for (int place = 0; place < 7; place++) {
        List<String> values = new ArrayList<>(Collections.nCopies(7, good.getFirst()));
        values.set(place, value);
        writeSingle(dtype, List.of(values), bad);
        assertNotFinite("tensor 'a': 1 of its 7 values are", "as have 1 more tensors");
      }
    }
    writeSingle(dtype, List.of(good), bad);
    assertNotFinite("tensor 'b': 5 of its 5 values are", "NaN or infinite; ");
  }

  private void assertNotFinite(String... parts) throws IOException {
    try (var reader = CheckpointReader.open(folder)) {
      assertThatThrownBy(() -> reader.requireFinite(List.of("a", "b")))
          .isInstanceOf(UserException.class)
          .hasMessageContainingAll(parts)
          .hasMessageContaining("model.safetensors: ")
          .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n"));
    }
  }

  /** Writes {@code model.safetensors} with the tensors a and b, of values given by their bits. */
  private void writeSingle(Dtype dtype, List<List<String>> a, List<String> b) throws IOException {
    Map<String, List<String>> values =
        Map.of("a", a.stream().flatMap(List::stream).toList(), "b", b);
    SafetensorsWriter.writeFile(
        folder.resolve("model.safetensors"),
        values.entrySet().stream()
            .map(tensor -> TensorSpec.of(tensor.getKey(), dtype, tensor.getValue().size()))
            .toList(),
        Map.of(),
        (tensor, sink) -> {
          for (String bits : values.get(tensor.name())) {
            int value = HexFormat.fromHexDigits(bits);
            byte[] bytes = new byte[dtype.bits() / 8];
            for (int i = 0; i < bytes.length; i++) {
              bytes[i] = (byte) (value >> 8 * i);
            }
            sink.write(MemorySegment.ofArray(bytes));
          }
        });
  }

  @Test
  void aSingleFileGoesBeforeAnIndex() throws IOException {
    SafetensorsWriter.writeFile(
        folder.resolve("model.safetensors"),
        List.of(TensorSpec.of("only", Dtype.F16, 1)),
        Map.of(),
        CheckpointReaderTest::zeros);
    try (var reader = CheckpointReader.open(folder)) {
      assertThat(reader.tensors()).containsOnlyKeys("only");
    }
  }

  @Test
  void saysWhatAFolderLacks(@TempDir Path empty) throws IOException {
    assertThatThrownBy(() -> CheckpointReader.open(empty))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("neither model.safetensors nor " + INDEX);
    Files.createFile(empty.resolve("pytorch_model.bin"));
    assertThatThrownBy(() -> CheckpointReader.open(empty)).hasMessageContaining("pickled");
    assertThatThrownBy(() -> CheckpointReader.open(empty.resolve("x")))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("no such folder");
  }
}
