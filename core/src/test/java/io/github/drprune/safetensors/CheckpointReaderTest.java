package io.github.drprune.safetensors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.drprune.error.UserException;
import io.github.drprune.io.ByteSize;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
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
