package io.github.drprune.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.drprune.error.UserException;
import io.github.drprune.model.ConfigReader;
import io.github.drprune.model.ModelShape;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.model.SizeRule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a user may get wrong is refused in one line that says what is the matter. */
class PruneInputTest {
  private static final ModelSpec LLAMA =
      config("llama", "\"num_attention_heads\": 6, \"num_key_value_heads\": 2");
  private static final ModelSpec NEOX =
      config("gpt_neox", "\"rotary_pct\": 0.5, \"num_attention_heads\": 6");
  private static final Set<MaskModule> ALL =
      Set.of(MaskModule.HIDDEN, MaskModule.HEAD, MaskModule.INTERMEDIATE, MaskModule.LAYER);

  @TempDir private Path folder;

  @Test
  void refusesImpossibleTargets() {
    refused(
        () -> new ModelShape(0, 2, 3, 1, 8), "hidden size: must be between 1 and 4,194,304, not 0");
    refused(() -> target(25, 2, 3, 1, 8), "target hidden size: 25 is larger than the model's 24");
    refused(() -> target(24, 4, 3, 1, 8), "target layers: 4 is larger than the model's 3");
    refused(() -> target(24, 2, 9, 3, 8), "target heads: 9 is larger than the model's 6");
    refused(() -> target(24, 2, 3, 1, 33), "target intermediate size: 33 is larger");
    refused(() -> target(24, 2, 4, 2, 8), "target heads: 4 is not a multiple of the 3 query heads");
    refused(() -> target(24, 2, 3, 2, 8), "target key/value heads: 3 heads in groups of 3 leave 1");
    refused(() -> target(24, 3, 6, 2, 32), "target: the same shape as the model's");
    refused(
        () -> targetConfig(LLAMA, GroupPolicy.QUERY_IN_GROUP, new ModelShape(24, 2, 3, 2, 8)),
        "target heads: 3 is not a multiple of the 2 key/value heads");
    refused(
        () -> targetConfig(LLAMA, GroupPolicy.QUERY_IN_GROUP, new ModelShape(24, 2, 3, 1, 8)),
        "policy query_in_group keeps all 2, not 1");
    refused(
        () -> targetConfig(NEOX, GroupPolicy.KV_GROUP, new ModelShape(13, 2, 3, 3, 8)),
        "target hidden size 13 with 3 heads of 4: its config.json needs a gpt_neox to have a hidden"
            + " size that is heads x head dim; choose 12");
    ModelSpec cut = LLAMA.resized(new ModelShape(20, 2, 3, 1, 8));
    assertThat(cut.brokenRules(LLAMA, SizeRule.Reader.TRANSFORMERS))
        .containsExactly(
            "hidden size 20 with 3 heads of 4: transformers needs a llama to have a hidden size"
                + " that is a multiple of the heads; choose 18 or 21");
    refused(() -> new TargetSparsity(1), "target sparsity: must lie between 0 and 1");
    refused(() -> new TargetSparsity(Double.NaN), "target sparsity: must lie between 0 and 1");
  }

  @Test
  void refusesModulesThatCannotLeadToTheTarget() {
    refused(() -> MaskModule.named("heads"), "modules: no module 'heads' (did you mean 'head'?)");
    refused(() -> MaskModule.combination(List.of()), "modules: nothing to mask");
    refused(
        () -> MaskModule.combination(List.of(MaskModule.LAYER, MaskModule.MLP)),
        "'layer' and 'mlp' mask the same thing");
    refused(
        () -> MaskModule.combination(List.of(MaskModule.MLP)),
        "'mlp' needs 'head_layer' beside it");
    refused(
        () ->
            MaskLayout.of(LLAMA, List.of(MaskModule.HIDDEN), GroupPolicy.KV_GROUP)
                .targetConfig(new ModelShape(12, 2, 6, 2, 32)),
        "modules: the target needs 'layer' masked (2 of 3 to keep)");
    refused(
        () -> MaskLayout.of(NEOX, ALL, GroupPolicy.QUERY_IN_GROUP),
        "policy query_in_group: the model's heads share no key/value heads");
    refused(
        () ->
            MaskLayout.of(NEOX, List.of(MaskModule.HIDDEN), GroupPolicy.KV_GROUP).checkFreeShape(),
        "mask 'hidden' and 'head' or neither");
    refused(() -> new SparsitySchedule(1, 0), "start sparsity: must lie in [0, 1)");
  }

  @Test
  void refusesMasksThatMakeNoModel() {
    refused(() -> masks(rows(1, 24, 1), rows(3, 1, 1)), "masks: 'intermediate' row 0 has 1 units");
    refused(
        () -> masks(rows(1, 24, Float.NaN), rows(3, 32, 1)),
        "masks: 'hidden' row 0 unit 0 is NaN, expected a number in [0, 1]");
    refused(() -> masks(rows(1, 24, 1.5f), rows(3, 32, 1)), "unit 0 is 1.5");
    float[][] uneven = rows(3, 32, 1);
    uneven[1][5] = 0;
    refused(
        () -> masks(rows(1, 24, 1), uneven).shape(),
        "masks: layer 0 keeps 32 intermediate units and layer 1 keeps 31");
    refused(
        () -> masks(rows(1, 24, 1), rows(3, 32, 1)).layout().checkModel(NEOX),
        "masks: made for another model: its family is llama, this model's is gpt_neox");
    refused(
        () ->
            masks(rows(1, 24, 1), rows(3, 32, 1))
                .layout()
                .checkModel(LLAMA.resized(new ModelShape(24, 3, 6, 2, 31))),
        "masks: made for another model: its intermediate size is 32, this model's is 31");
  }

  @Test
  void masksSurviveTheirFile() throws IOException {
    float[][] hidden = rows(1, 24, 1);
    float[][] units = rows(3, 32, 0.1f);
    hidden[0][3] = 0;
    for (float[] row : units) {
      row[7] = 0;
      row[8] = Math.nextUp(0.3f);
    }
    MaskValues masks = masks(hidden, units);
    Path file = folder.resolve("masks.json");
    masks.write(file);
    MaskValues read = MaskValues.read(file);

    assertThat(read.layout().config().toJson()).isEqualTo(LLAMA.toJson());
    assertThat(read.values().get(MaskModule.HIDDEN)).isDeepEqualTo(hidden);
    assertThat(read.values().get(MaskModule.INTERMEDIATE)).isDeepEqualTo(units);
    assertThat(MaskSummary.of(read).result()).isEqualTo(new ModelShape(23, 3, 6, 2, 31));
  }

  @Test
  void refusesDamagedFiles() throws IOException {
    Path file = folder.resolve("masks.json");
    masks(rows(1, 24, 1), rows(3, 32, 0.5f)).write(file);
    String good = Files.readString(file);

    refusedFile(good.replace("0.5", "NaN"), "masks.json:");
    refusedFile(good.replaceFirst("0.5", "null"), "masks.json:");
    refusedFile(good.replaceFirst("0.5", "-0.5"), "intermediate row 0: unit 0 has value -0.5");
    refusedFile(good.replaceFirst("0, 1, 2", "0, 2, 2"), "kept unit 2; expected ascending");
    refusedFile(good.replace("drprune masks", "other"), "not a file of masks");
    refusedFile(good.replace("\"version\" : 1", "\"version\" : 9"), "version 9 of the format");
    refusedFile(good.replace("\"hidden\" :", "\"hidde\" :"), "no module 'hidde'");
    refusedFile(good.substring(0, good.length() / 2), "not valid");
    refusedFile(good.replaceFirst("(?s)\\[ \\{.*?} ]", "null"), "'modules' is missing");
    refusedFile("{}", "masks.json");
    refusedFile("null", "masks.json: expected a JSON object, found null");
    refused(
        () -> MaskValues.read(folder.resolve("none")),
        "no such file; name the masks.json of a run");
  }

  private void refusedFile(String content, String expected) throws IOException {
    Path file = folder.resolve("masks.json");
    Files.writeString(file, content);
    refused(() -> MaskValues.read(file), expected);
  }

  private static void refused(ThrowingCallable call, String expected) {
    assertThatExceptionOfType(UserException.class)
        .isThrownBy(call)
        .withMessageContaining(expected)
        .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n"));
  }

  private static MaskValues masks(float[][] hidden, float[][] intermediate) {
    Map<MaskModule, float[][]> values = new EnumMap<>(MaskModule.class);
    values.put(MaskModule.HIDDEN, hidden);
    values.put(MaskModule.INTERMEDIATE, intermediate);
    return new MaskValues(MaskLayout.of(LLAMA, values.keySet(), GroupPolicy.KV_GROUP), values);
  }

  private static float[][] rows(int rows, int units, float value) {
    float[][] values = new float[rows][units];
    for (float[] row : values) {
      Arrays.fill(row, value);
    }
    return values;
  }

  private static ModelSpec target(
      int hidden, int layers, int heads, int kvHeads, int intermediate) {
    return targetConfig(
        LLAMA, GroupPolicy.KV_GROUP, new ModelShape(hidden, layers, heads, kvHeads, intermediate));
  }

  private static ModelSpec targetConfig(ModelSpec config, GroupPolicy policy, ModelShape target) {
    return MaskLayout.of(config, ALL, policy).targetConfig(target);
  }

  private static ModelSpec config(String type, String heads) {
    return ConfigReader.parse(
        """
        {"model_type": "%s", "hidden_size": 24, "num_hidden_layers": 3, %s,
         "intermediate_size": 32, "vocab_size": 13}\
        """
            .formatted(type, heads),
        "test");
  }
}
