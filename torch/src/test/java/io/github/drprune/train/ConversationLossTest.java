package io.github.drprune.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.drprune.data.Batch;
import io.github.drprune.io.ByteSize;
import io.github.drprune.json.Json;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.model.CausalLm;
import io.github.drprune.model.ModelLoader;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.model.ModelWriter;
import io.github.drprune.model.TinyModels;
import io.github.drprune.nn.ModelMasks;
import io.github.drprune.nn.Targets;
import io.github.drprune.nn.Weight;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Losses of batches in which some tokens count and rows are several texts. */
class ConversationLossTest {
  private static final int SEQ_LEN = 24;

  @TempDir private Path folder;

  /**
   * Some rows.
   *
   * @param lengths of the texts of each row
   */
  private record Rows(int[][] tokens, byte[][] counted, int[][] lengths) {
    Batch batch(Arena arena) {
      int seqLen = tokens[0].length;
      MemorySegment ids = arena.allocate((long) tokens.length * seqLen * Long.BYTES, 8);
      MemorySegment flags = arena.allocate((long) tokens.length * seqLen, 8);
      MemorySegment starts = arena.allocate((long) tokens.length * seqLen, 8);
      for (int row = 0; row < tokens.length; row++) {
        int at = row * seqLen;
        for (int i = 0; i < seqLen; i++) {
          ids.setAtIndex(ValueLayout.JAVA_LONG, at + i, tokens[row][i]);
          flags.set(ValueLayout.JAVA_BYTE, at + i, counted[row][i]);
        }
        for (int length : lengths[row]) {
          starts.set(ValueLayout.JAVA_BYTE, at, (byte) 1);
          at += length;
        }
      }
      int[] domains = new int[tokens.length];
      return new Batch(
          ids, flags, starts, seqLen, domains, new long[tokens.length], new int[] {tokens.length});
    }

    String json() {
      List<List<Integer>> flags = new ArrayList<>(); // bytes would become base64
      for (byte[] row : counted) {
        List<Integer> numbers = new ArrayList<>();
        for (byte flag : row) {
          numbers.add((int) flag);
        }
        flags.add(numbers);
      }
      return Json.line(Map.of("tokens", tokens, "counted", flags, "lengths", lengths));
    }

    /** Each text by itself, without padding: some models turn queries by how long a text is. */
    List<Rows> alone() {
      List<Rows> alone = new ArrayList<>();
      for (int row = 0; row < tokens.length; row++) {
        int at = 0;
        for (int length : lengths[row]) {
          alone.add(
              new Rows(
                  new int[][] {Arrays.copyOfRange(tokens[row], at, at + length)},
                  new byte[][] {Arrays.copyOfRange(counted[row], at, at + length)},
                  new int[][] {{length}}));
          at += length;
        }
      }
      return alone;
    }

    /** Each text in a row of its own, with padding behind it. */
    Rows apart() {
      List<int[]> rows = new ArrayList<>();
      List<byte[]> flags = new ArrayList<>();
      List<int[]> whole = new ArrayList<>();
      for (int row = 0; row < tokens.length; row++) {
        int at = 0;
        for (int length : lengths[row]) {
          var ids = new int[SEQ_LEN];
          var mask = new byte[SEQ_LEN];
          System.arraycopy(tokens[row], at, ids, 0, length);
          System.arraycopy(counted[row], at, mask, 0, length);
          rows.add(ids);
          flags.add(mask);
          whole.add(new int[] {SEQ_LEN});
          at += length;
        }
      }
      return new Rows(
          rows.toArray(int[][]::new), flags.toArray(byte[][]::new), whole.toArray(int[][]::new));
    }
  }

  private static Rows packed(int vocabulary, long seed) {
    var random = new SplittableRandom(seed);
    int[][] lengths = {{5, 1, 11, 7}, {24}, {16, 8}};
    var tokens = new int[lengths.length][SEQ_LEN];
    var counted = new byte[lengths.length][SEQ_LEN];
    for (int row = 0; row < lengths.length; row++) {
      int at = 0;
      for (int length : lengths[row]) {
        for (int i = 0; i < length; i++) {
          tokens[row][at + i] = random.nextInt(vocabulary);
          counted[row][at + i] = (byte) (i == 0 ? 0 : random.nextInt(2));
        }
        at += length;
      }
    }
    return new Rows(tokens, counted, lengths);
  }

  static List<ModelSpec> configs() {
    return TinyModels.all().toList();
  }

  @ParameterizedTest
  @MethodSource("configs")
  void textsOfARowDoNotSeeEachOther(ModelSpec config) {
    Rows rows = packed(config.vocabularySize(), 3);
    try (var model = ModelLoader.random(config, TinyModels.TRAINED, 7)) {
      Map<String, float[]> alone = gradients(model, rows.alone(), GradientPass.DIRECT);
      Map<String, float[]> together = gradients(model, List.of(rows), GradientPass.DIRECT);
      Map<String, float[]> recomputed = gradients(model, List.of(rows), new RecomputingPass());

      alone.forEach(
          (name, expected) -> {
            assertThat(together.get(name)).as(name).containsExactly(expected, within(1e-5f));
            assertThat(recomputed.get(name)).as(name).containsExactly(expected, within(1e-5f));
          });
    }
  }

  /** Of all weights by the mean loss of all parts, and that loss. */
  private static Map<String, float[]> gradients(
      CausalLm model, List<Rows> parts, GradientPass pass) {
    try (var _ = NativeScope.open();
        var arena = Arena.ofConfined()) {
      for (Weight weight : model.weights().values()) {
        if (weight.tensor().grad().defined()) {
          weight.tensor().grad().zero_();
        }
      }
      List<Batch> batches = parts.stream().map(part -> part.batch(arena)).toList();
      double predicted = batches.stream().mapToLong(Batch::predicted).sum();
      double loss = 0;
      for (Batch batch : batches) {
        double share = batch.predicted() / predicted;
        if (share > 0) {
          Targets targets = Targets.of(batch, model.device());
          loss += share * pass.run(model, targets, ModelMasks.NONE, share).mean().item_double();
        }
      }
      Map<String, float[]> gradients = new LinkedHashMap<>();
      gradients.put("loss", new float[] {(float) loss});
      for (Weight weight : model.weights().values()) {
        gradients.put(weight.name(), Tensors.floats(weight.tensor().grad()));
      }
      return gradients;
    }
  }

  @Test
  void lossesAndGradientNormsAreThoseOfTransformers() throws Exception {
    String property = System.getProperty("python", "");
    String python =
        property.isBlank() ? System.getenv().getOrDefault("DRPRUNE_TEST_PYTHON", "") : property;
    Assumptions.assumeFalse(
        python.isBlank(), "no -Dpython or DRPRUNE_TEST_PYTHON with torch and transformers");
    List<Path> checkpoints = new ArrayList<>();
    List<Map<String, float[]>> ours = new ArrayList<>();
    for (ModelSpec config : List.of(TinyModels.llamaTied(), TinyModels.qwen2())) {
      Rows rows = packed(config.vocabularySize(), 4);
      for (Rows each : List.of(rows, rows.apart())) {
        Path checkpoint = folder.resolve("model" + checkpoints.size());
        try (var model = ModelLoader.random(config, TinyModels.TRAINED, 7)) {
          ours.add(gradients(model, List.of(each), GradientPass.DIRECT));
          ModelWriter.save(model, checkpoint, folder, Optional.empty(), ByteSize.parse("1GB"));
        }
        Files.writeString(checkpoint.resolve("batch.json"), each.json());
        checkpoints.add(checkpoint);
      }
    }
    List<JsonNode> theirs = run(python, checkpoints);

    assertThat(theirs).hasSameSizeAs(ours);
    for (int i = 0; i < ours.size(); i++) {
      JsonNode expected = theirs.get(i);
      assertThat(ours.get(i).get("loss")[0])
          .isCloseTo((float) expected.get("loss").asDouble(), within(1e-4f));
      for (var norm : expected.get("norms").properties()) {
        double sum = 0;
        for (float value : ours.get(i).get(norm.getKey())) {
          sum += (double) value * value;
        }
        assertThat(Math.sqrt(sum))
            .as(norm.getKey())
            .isCloseTo(norm.getValue().asDouble(), within(1e-4));
      }
    }
  }

  private List<JsonNode> run(String python, List<Path> checkpoints) throws Exception {
    Path script = folder.resolve("masked_loss.py");
    try (var resource = getClass().getResourceAsStream("/transformers/masked_loss.py")) {
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
    List<String> lines;
    try (var reader = process.inputReader()) {
      lines = reader.readAllLines();
    }
    assertThat(process.waitFor()).as(Files.readString(errors)).isZero();
    return lines.stream()
        .filter(line -> line.startsWith("loss "))
        .map(line -> Json.tree(line.substring(5), "masked_loss.py"))
        .toList();
  }
}
