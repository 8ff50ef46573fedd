package io.github.drprune.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.drprune.error.UserException;
import io.github.drprune.generate.EndTokens;
import io.github.drprune.generate.Sampling;
import io.github.drprune.generate.TextGenerator;
import io.github.drprune.io.ByteSize;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.model.CausalLm;
import io.github.drprune.model.ModelFamily;
import io.github.drprune.model.ModelShape;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.model.ModelWriter;
import io.github.drprune.model.NewModel;
import io.github.drprune.model.TinyModels;
import io.github.drprune.nn.ModelMasks;
import io.github.drprune.prune.ShapeSearch.Readers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Cuts to shapes that the search proposes, in the library that most users load them with. */
class TransformersTest {
  private static final int SHAPES = 30;

  @TempDir private Path folder;

  private static String python() {
    String property = System.getProperty("python", "");
    String variable = System.getenv().getOrDefault("DRPRUNE_TEST_PYTHON", "");
    String python = property.isBlank() ? variable : property;
    Assumptions.assumeFalse(
        python.isBlank(), "no -Dpython or DRPRUNE_TEST_PYTHON with torch and transformers");
    return python;
  }

  @Test
  void transformersContinuesTextsTheSame() throws Exception {
    String python = python();
    List<Path> checkpoints = new ArrayList<>();
    List<String> ours = new ArrayList<>();
    for (ModelSpec config : Stream.concat(TinyModels.all(), newModels()).toList()) {
      Path checkpoint = folder.resolve("model" + checkpoints.size());
      int[] prompt = {3, 14, 15, 9, 2};
      List<String> words = new ArrayList<>(List.of("tokens"));
      try (var model = TinyModels.model(config, 12)) {
        save(model, prompt, checkpoint);
        new TextGenerator(model, Sampling.GREEDY, EndTokens.NONE, new SplittableRandom(1))
            .generate(prompt, 64, token -> words.add(String.valueOf(token)));
      }
      checkpoints.add(checkpoint);
      ours.add(String.join(" ", words));
    }
    List<String> theirs = lines(python, "continuations.py", checkpoints);

    assertThat(theirs).hasSameSizeAs(ours);
    for (int i = 0; i < ours.size(); i++) {
      assertThat(theirs.get(i)).as(configuration(checkpoints.get(i))).isEqualTo(ours.get(i));
    }
  }

  /** As a training from scratch begins with. */
  private static Stream<ModelSpec> newModels() {
    return ModelFamily.ALL.stream()
        .map(family -> NewModel.of(family.modelType(), new ModelShape(32, 4, 4, 4, 48), 61, 96));
  }

  private static String configuration(Path checkpoint) throws IOException {
    return Files.readString(checkpoint.resolve("config.json"));
  }

  @Test
  void cutsLoadInTransformersAndGiveTheSameLogits() throws Exception {
    String python = python();
    var random = new SplittableRandom(1);
    List<Path> checkpoints = new ArrayList<>();
    List<float[]> ours = new ArrayList<>();
    for (ModelSpec config : TinyModels.all().toList()) {
      for (ModelShape shape : shapes(config, random)) {
        Path checkpoint = folder.resolve("cut" + checkpoints.size());
        ours.add(cut(config, shape, random, checkpoint));
        checkpoints.add(checkpoint);
      }
    }
    List<String> theirs = lines(python, "logits.py", checkpoints);

    assertThat(theirs).hasSameSizeAs(ours);
    for (int i = 0; i < theirs.size(); i++) {
      String[] words = theirs.get(i).split(" ");
      assertThat(words[0])
          .as("%s: %s", theirs.get(i), configuration(checkpoints.get(i)))
          .isEqualTo("logits");
      float[] logits = new float[words.length - 1];
      for (int j = 0; j < logits.length; j++) {
        logits[j] = Float.parseFloat(words[j + 1]);
      }
      assertThat(logits)
          .as(configuration(checkpoints.get(i)))
          .containsExactly(ours.get(i), within(1e-4f));
    }
  }

  /** Random ones of all that are proposed near random sizes. */
  private static List<ModelShape> shapes(ModelSpec source, SplittableRandom random) {
    List<ModelShape> shapes = new ArrayList<>();
    while (shapes.size() < SHAPES) {
      var policy =
          source.groupSize() > 1 && random.nextBoolean()
              ? GroupPolicy.QUERY_IN_GROUP
              : GroupPolicy.KV_GROUP;
      Readers readers = random.nextBoolean() ? Readers.ALL : Readers.NEEDED;
      long parameters = (long) (source.parameters() * random.nextDouble(0.4, 0.9));
      try {
        List<ModelShape> near = ShapeSearch.near(source, policy, parameters, readers, 1000);
        shapes.add(near.get(random.nextInt(near.size())));
      } catch (UserException e) {
        // A model this small has no shape near some sizes.
        assertThat(e).hasMessageContaining("no shape of this model");
      }
    }
    return shapes;
  }

  /** Writes a cut of a random model; its logits. */
  private float[] cut(ModelSpec config, ModelShape shape, SplittableRandom random, Path target)
      throws IOException {
    int[] tokens = random.ints(12, 0, config.vocabularySize()).toArray();
    var policy =
        shape.heads() / shape.kvHeads() == config.groupSize()
            ? GroupPolicy.KV_GROUP
            : GroupPolicy.QUERY_IN_GROUP;
    try (var _ = NativeScope.open();
        var _ = NoGrad.open();
        var model = TinyModels.model(config, random.nextLong())) {
      Tensor row = Tensors.ofTokens(new int[][] {tokens});
      MaskValues masks = Importance.masks(model, List.of(row), shape, policy, ScoredBy.ACTIVATIONS);
      try (var cut = Cut.apply(model, masks, RandomModels.options(false))) {
        save(cut, tokens, target);
        return Tensors.floats(cut.forward(row, ModelMasks.NONE));
      }
    }
  }

  private void save(CausalLm model, int[] tokens, Path target) throws IOException {
    ModelWriter.save(model, target, folder, Optional.empty(), ByteSize.parse("1GB"));
    Files.writeString(
        target.resolve("tokens.txt"),
        IntStream.of(tokens).mapToObj(String::valueOf).collect(Collectors.joining(" ")));
  }

  /** What a script prints for each checkpoint, from one process. */
  private List<String> lines(String python, String name, List<Path> checkpoints) throws Exception {
    Path script = folder.resolve(name);
    try (var resource = getClass().getResourceAsStream("/transformers/" + name)) {
      Files.copy(resource, script);
    }
    Path names = folder.resolve("names.txt");
    Files.write(names, checkpoints.stream().map(Path::toString).toList());
    Path errors = folder.resolve("errors.txt");
    Process process =
        new ProcessBuilder(python, script.toString())
            .redirectInput(names.toFile())
            .redirectError(errors.toFile())
            .start();
    String[] lines;
    try (var reader = process.inputReader()) {
      lines = reader.readAllLines().toArray(String[]::new);
    }
    assertThat(process.waitFor()).as(Files.readString(errors)).isZero();
    return Arrays.stream(lines).filter(line -> line.matches("(logits|tokens|failed) .*")).toList();
  }
}
