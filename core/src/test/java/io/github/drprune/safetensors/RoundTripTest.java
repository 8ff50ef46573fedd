package io.github.drprune.safetensors;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.github.drprune.error.UserException;
import io.github.drprune.io.AtomicFiles;
import io.github.drprune.io.ByteSize;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RoundTripTest {
  @TempDir Path folder;

  @Provide
  Arbitrary<List<TensorSpec>> tensorSets() {
    var names = Arbitraries.strings().ofMinLength(1).ofMaxLength(12);
    var dtypes =
        Arbitraries.of(
            Dtype.F32, Dtype.BF16, Dtype.F16, Dtype.F64, Dtype.I64, Dtype.U8, Dtype.BOOL);
    var shapes = Arbitraries.longs().between(0, 7).list().ofMaxSize(4);
    return Combinators.combine(names, dtypes, shapes)
        .as(TensorSpec::new)
        .list()
        .uniqueElements(TensorSpec::name)
        .ofMaxSize(12);
  }

  @Property(tries = 200)
  void whatWasWrittenIsRead(
      @ForAll("tensorSets") List<TensorSpec> tensors,
      @ForAll @LongRange(min = 1, max = 6000) long shardSize,
      @ForAll long seed)
      throws IOException {
    Map<String, byte[]> bytes = new LinkedHashMap<>();
    var random = new Random(seed);
    for (var tensor : tensors) {
      byte[] content = new byte[(int) tensor.byteSize()];
      random.nextBytes(content);
      bytes.put(tensor.name(), content);
    }
    Path target = Files.createTempDirectory("round-trip");
    try {
      SafetensorsWriter.writeCheckpoint(
          target,
          tensors,
          new ByteSize(shardSize),
          (tensor, sink) -> writeInPieces(bytes.get(tensor.name()), sink));
      try (var reader = CheckpointReader.open(target)) {
        assertThat(reader.tensors()).containsOnlyKeys(bytes.keySet());
        for (var tensor : tensors) {
          assertThat(reader.tensors().get(tensor.name()).spec()).isEqualTo(tensor);
          var segment = reader.segment(tensor.name());
          assertThat(segment.toArray(ValueLayout.JAVA_BYTE)).isEqualTo(bytes.get(tensor.name()));
          assertThat(segment.address() % (tensor.dtype().bits() / 8)).isZero();
        }
      }
      assertShardsFit(target, shardSize);
    } finally {
      AtomicFiles.deleteTree(target);
    }
  }

  private static void writeInPieces(byte[] bytes, SafetensorsWriter.Sink sink) throws IOException {
    int middle = bytes.length / 2;
    sink.write(MemorySegment.ofArray(bytes).asSlice(0, middle));
    try (var arena = Arena.ofConfined()) {
      var rest = arena.allocate(Math.max(1, bytes.length - middle));
      MemorySegment.copy(bytes, middle, rest, ValueLayout.JAVA_BYTE, 0, bytes.length - middle);
      sink.write(rest.asSlice(0, bytes.length - middle));
    }
  }

  private static void assertShardsFit(Path target, long shardSize) throws IOException {
    try (var files = Files.list(target)) {
      for (Path path : files.filter(file -> file.toString().endsWith("s")).toList()) {
        try (var file = SafetensorsFile.open(path)) {
          assertThat(file.metadata()).isEqualTo(Map.of("format", "pt"));
          long filled =
              file.tensors().values().stream()
                  .filter(tensor -> tensor.byteSize() > 0)
                  .mapToLong(TensorInfo::byteSize)
                  .sum();
          long nonEmpty =
              file.tensors().values().stream().filter(tensor -> tensor.byteSize() > 0).count();
          assertThat(filled <= shardSize || nonEmpty == 1).isTrue();
        }
      }
    }
  }

  /** The layout by hand: 8-byte length, JSON padded to a multiple of 8, wide elements first. */
  @Test
  void writesTheFormat() throws IOException {
    Path file = folder.resolve("x.safetensors");
    SafetensorsWriter.writeFile(
        file,
        List.of(TensorSpec.of("h", Dtype.BF16, 3), TensorSpec.of("f", Dtype.F32, 1)),
        Map.of("format", "pt"),
        (tensor, sink) -> {
          byte[] bytes = new byte[(int) tensor.byteSize()];
          Arrays.fill(bytes, (byte) tensor.name().charAt(0));
          sink.write(MemorySegment.ofArray(bytes));
        });
    String json =
        "{\"__metadata__\":{\"format\":\"pt\"},"
            + "\"f\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
            + "\"h\":{\"dtype\":\"BF16\",\"shape\":[3],\"data_offsets\":[4,10]}}";
    int padded = (json.length() + 7) / 8 * 8;
    var bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    assertThat(bytes.getLong()).isEqualTo(padded);
    assertThat(new String(bytes.array(), 8, padded, UTF_8))
        .isEqualTo(json + " ".repeat(padded - json.length()));
    assertThat(new String(bytes.array(), 8 + padded, 10, UTF_8)).isEqualTo("ffffhhhhhh");
    assertThat(bytes.capacity()).isEqualTo(8 + padded + 10);
  }

  @Test
  void threeShardsHaveTheirNamesAndIndex() throws IOException {
    List<TensorSpec> tensors = new ArrayList<>();
    for (String name : List.of("c", "a", "d", "b", "e")) {
      tensors.add(TensorSpec.of(name, Dtype.F32, 4)); // 16 bytes each, two to a shard
    }
    SafetensorsWriter.writeCheckpoint(
        folder,
        tensors,
        new ByteSize(32),
        (tensor, sink) -> sink.write(MemorySegment.ofArray(new byte[16])));
    try (var files = Files.list(folder)) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder(
              "model-00001-of-00003.safetensors",
              "model-00002-of-00003.safetensors",
              "model-00003-of-00003.safetensors",
              "model.safetensors.index.json");
    }
    assertThat(Files.readString(folder.resolve("model.safetensors.index.json")))
        .isEqualTo(
            """
            {
              "metadata" : {
                "total_size" : 80
              },
              "weight_map" : {
                "a" : "model-00001-of-00003.safetensors",
                "b" : "model-00002-of-00003.safetensors",
                "c" : "model-00001-of-00003.safetensors",
                "d" : "model-00002-of-00003.safetensors",
                "e" : "model-00003-of-00003.safetensors"
              }
            }
            """);
    assertThatThrownBy(
            () -> SafetensorsWriter.writeCheckpoint(folder, tensors, new ByteSize(99), null))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("has weights already");
  }

  @Test
  void aSourceThatGivesOtherBytesThanDeclaredLeavesNothingBehind() throws IOException {
    var tensors = List.of(TensorSpec.of("a", Dtype.F32, 4), TensorSpec.of("b", Dtype.F32, 4));
    for (int surplus : List.of(-1, 1)) {
      assertThatThrownBy(
              () ->
                  SafetensorsWriter.writeCheckpoint(
                      folder,
                      tensors,
                      new ByteSize(16),
                      (tensor, sink) ->
                          sink.write(
                              MemorySegment.ofArray(
                                  new byte[16 + (tensor.name().equals("b") ? surplus : 0)]))))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("tensor 'b' was declared as 16 bytes");
    }
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void refusesTwoTensorsOfOneName() {
    var tensors = List.of(TensorSpec.of("a", Dtype.F32, 4), TensorSpec.of("a", Dtype.F32, 4));
    assertThatThrownBy(
            () -> SafetensorsWriter.writeCheckpoint(folder, tensors, new ByteSize(16), null))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(folder).isEmptyDirectory();
  }

  /** Files that another program wrote: the same tensors, byte for byte, after load and save. */
  @Test
  @Tag("golden")
  void goldenCheckpointsSurviveLoadAndSave() throws IOException {
    Path models = Path.of(System.getProperty("golden.dir", "")).resolve("models");
    assumeTrue(Files.isDirectory(models), "no golden models in " + models);
    try (var folders = Files.list(models)) {
      for (Path source : folders.toList()) {
        assertCopyIsIdentical(source, Files.createDirectory(folder.resolve(source.getFileName())));
      }
    }
  }

  @Test
  void aRealCheckpointSurvivesLoadAndSave() throws IOException {
    Path source = Path.of(System.getProperty("shared.dir", "")).resolve("models/redpajama-9m");
    assumeTrue(Files.isDirectory(source), "no model in " + source);
    assertCopyIsIdentical(source, folder);
  }

  private static void assertCopyIsIdentical(Path source, Path target) throws IOException {
    try (var original = CheckpointReader.open(source)) {
      var tensors = original.tensors().values().stream().map(TensorInfo::spec).toList();
      assertThat(tensors).isNotEmpty();
      long third = tensors.stream().mapToLong(TensorSpec::byteSize).sum() / 3 + 1;
      SafetensorsWriter.writeCheckpoint(
          target,
          tensors,
          new ByteSize(third),
          (tensor, sink) -> sink.write(original.segment(tensor.name())));
      assertThat(target.resolve("model.safetensors.index.json")).exists();
      try (var copy = CheckpointReader.open(target)) {
        assertThat(copy.tensors()).hasSameSizeAs(tensors);
        for (var tensor : tensors) {
          assertThat(copy.tensors().get(tensor.name()).spec()).isEqualTo(tensor);
          assertThat(copy.segment(tensor.name()).mismatch(original.segment(tensor.name())))
              .isEqualTo(-1);
        }
      }
    }
  }
}
