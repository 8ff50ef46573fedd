package io.github.drprune.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.drprune.error.UserException;
import io.github.drprune.io.ByteSize;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.safetensors.CheckpointReader;
import io.github.drprune.safetensors.Dtype;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Scalar;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class CheckpointRoundTripTest {
  private static final ByteSize ONE_FILE = new ByteSize(1L << 30);

  @TempDir Path folder;

  static Stream<Arguments> familiesAndTypes() {
    return TinyModels.all()
        .flatMap(
            config ->
                Stream.of(Dtype.F32, Dtype.BF16, Dtype.F16)
                    .map(dtype -> Arguments.of(config, dtype)));
  }

  @ParameterizedTest
  @MethodSource("familiesAndTypes")
  void loadThenSaveGivesTheSameBytes(ModelSpec config, Dtype dtype) throws IOException {
    Path first = folder.resolve("first");
    Path again = folder.resolve("again");
    try (var model = ModelLoader.random(config, TinyModels.TRAINED, 7)) {
      ModelWriter.save(model, first, folder, Optional.of(dtype), ONE_FILE);
    }
    try (var model = ModelLoader.load(first, TinyModels.TRAINED)) {
      ModelWriter.save(model, again, first, Optional.empty(), ONE_FILE);
    }

    assertThat(again.resolve("model.safetensors"))
        .hasSameBinaryContentAs(first.resolve("model.safetensors"));
    assertThat(again.resolve("config.json")).hasSameTextualContentAs(first.resolve("config.json"));
  }

  /** 65504 is the largest number of float16 (IEEE 754); 65520 rounds to infinity. */
  @Test
  void aValueBeyondFloat16IsRefused() throws IOException {
    Path target = folder.resolve("target");
    try (var model =
        ModelLoader.random(TinyModels.all().findFirst().orElseThrow(), TinyModels.TRAINED, 7)) {
      var weight = model.weights().values().iterator().next();
      try (var _ = NativeScope.open();
          var _ = NoGrad.open()) {
        weight.tensor().fill_(new Scalar(65519.0));
      }
      ModelWriter.save(model, target, folder, Optional.of(Dtype.F16), ONE_FILE);
      try (var _ = NativeScope.open();
          var _ = NoGrad.open()) {
        weight.tensor().fill_(new Scalar(65520.0));
      }
      Path refused = folder.resolve("refused");
      assertThatThrownBy(
              () -> ModelWriter.save(model, refused, folder, Optional.of(Dtype.F16), ONE_FILE))
          .isInstanceOf(UserException.class)
          .hasMessageMatching(
              weight.name() + ": [0-9,]+ of its values are too large for F16; write BF16 or F32");
      assertThat(refused).doesNotExist();
      ModelWriter.save(model, refused, folder, Optional.of(Dtype.BF16), ONE_FILE);
    }
  }

  @ParameterizedTest
  @MethodSource("io.github.drprune.model.TinyModels#all")
  void shardsLoadTheSame(ModelSpec config) throws IOException {
    Path whole = folder.resolve("whole");
    Path sharded = folder.resolve("sharded");
    try (var model = ModelLoader.random(config, TinyModels.TRAINED, 7)) {
      ModelWriter.save(model, whole, folder, Optional.empty(), ONE_FILE);
      long third = Files.size(whole.resolve("model.safetensors")) * 2 / 5;
      ModelWriter.save(model, sharded, folder, Optional.empty(), new ByteSize(third));
    }

    assertThat(sharded).isDirectoryContaining("glob:**/model-00003-of-00003.safetensors");
    try (var _ = NativeScope.open();
        var expected = CheckpointReader.open(whole);
        var found = CheckpointReader.open(sharded)) {
      assertThat(found.tensors().keySet())
          .containsExactlyInAnyOrderElementsOf(expected.tensors().keySet());
      for (String name : expected.tensors().keySet()) {
        assertThat(found.segment(name).mismatch(expected.segment(name))).as(name).isEqualTo(-1);
      }
    }
    assertThat(Arrays.asList(sharded.toFile().list())).noneMatch(name -> name.endsWith(".partial"));
  }
}
