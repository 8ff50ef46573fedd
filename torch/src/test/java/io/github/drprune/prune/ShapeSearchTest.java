package io.github.drprune.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.drprune.error.UserException;
import io.github.drprune.model.ModelShape;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.model.TinyModels;
import io.github.drprune.prune.ShapeSearch.Readers;
import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ShapeSearchTest {
  static List<ModelSpec> configs() {
    return TinyModels.all().toList();
  }

  @ParameterizedTest
  @MethodSource("configs")
  void findsShapesNearTheSize(ModelSpec source) {
    long wanted = source.parameters() / 2;
    List<ModelShape> shapes =
        ShapeSearch.near(source, GroupPolicy.KV_GROUP, wanted, Readers.ALL, 5);

    assertThat(shapes).isNotEmpty().doesNotHaveDuplicates();
    for (ModelShape shape : shapes) {
      long parameters = GroupPolicy.KV_GROUP.cut(source, shape).parameters();
      assertThat((double) parameters).isCloseTo(wanted, within(0.03 * wanted));
    }
  }

  @ParameterizedTest
  @MethodSource("configs")
  void whatMasksRemoveAddsUpToTheBlocks(ModelSpec source) {
    for (GroupPolicy policy : GroupPolicy.values()) {
      if (policy == GroupPolicy.KV_GROUP || source.groupSize() > 1) {
        var layout = MaskLayout.of(source, EnumSet.of(MaskModule.HEAD), policy);
        assertThat(PrunableParameters.of(layout).all()).isEqualTo(source.blockParameters());
      }
    }
  }

  @Test
  void refusesSizesThatThereAreNot() {
    ModelSpec source = TinyModels.llama();
    assertThatThrownBy(
            () ->
                ShapeSearch.near(source, GroupPolicy.KV_GROUP, source.parameters(), Readers.ALL, 1))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("not below");
    assertThatThrownBy(() -> ShapeSearch.near(source, GroupPolicy.KV_GROUP, 10, Readers.ALL, 1))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("no shape");
  }
}
