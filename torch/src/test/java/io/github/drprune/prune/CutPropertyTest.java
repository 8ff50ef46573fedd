package io.github.drprune.prune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.drprune.io.AtomicFiles;
import io.github.drprune.io.ByteSize;
import io.github.drprune.libtorch.LibTorch;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.model.AttentionSpec;
import io.github.drprune.model.CausalLm;
import io.github.drprune.model.ModelFamily;
import io.github.drprune.model.ModelLoader;
import io.github.drprune.model.ModelShape;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.model.ModelWriter;
import io.github.drprune.model.SizeRule;
import io.github.drprune.model.TensorRole;
import io.github.drprune.model.TinyModels;
import io.github.drprune.nn.ModelMasks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.ShrinkingMode;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.bytedeco.pytorch.Tensor;

/** The masked model and the model cut by the masks are one function. */
class CutPropertyTest {
  /** Threads of tensors this small wait for each other longer than they compute. */
  @BeforeContainer
  static void oneThread() {
    LibTorch.useThreads(1);
  }

  /** What the random cases covered, so that a generator gone blind fails. */
  private static final Set<String> COVERED = new HashSet<>();

  /** A model, masks of random soft values for it, and the shape that they keep. */
  private record Case(ModelSpec config, ModelShape target, MaskValues masks) {
    static Case random(SplittableRandom random) {
      ModelSpec config = RandomModels.config(random);
      GroupPolicy policy =
          config.groupSize() > 1 && random.nextBoolean()
              ? GroupPolicy.QUERY_IN_GROUP
              : GroupPolicy.KV_GROUP;
      Set<MaskModule> modules = modules(random);
      if (config.hiddenFollowsHeads()
          && modules.contains(MaskModule.HIDDEN) != modules.contains(MaskModule.HEAD)) {
        modules.addAll(Set.of(MaskModule.HIDDEN, MaskModule.HEAD));
      }
      var layout = MaskLayout.of(config, modules, policy);
      ModelShape target = target(random, layout);
      ModelSpec cut = policy.cut(config, target);
      Map<MaskModule, float[][]> values = new EnumMap<>(MaskModule.class);
      for (MaskModule module : layout.modules()) {
        float[][] rows = new float[layout.rows(module)][];
        for (int row = 0; row < rows.length; row++) {
          rows[row] = soft(random, layout.units(module), layout.kept(module, cut));
        }
        values.put(module, rows);
      }
      if (modules.contains(MaskModule.MLP)) {
        matchHalves(random, config, values, target.layers());
      }
      return new Case(config, target, new MaskValues(layout, values));
    }

    private static Set<MaskModule> modules(SplittableRandom random) {
      Set<MaskModule> modules = EnumSet.noneOf(MaskModule.class);
      while (modules.isEmpty()) {
        for (var module : List.of(MaskModule.HIDDEN, MaskModule.HEAD, MaskModule.INTERMEDIATE)) {
          if (random.nextInt(4) > 0) {
            modules.add(module);
          }
        }
        switch (random.nextInt(3)) {
          case 0 -> modules.add(MaskModule.LAYER);
          case 1 -> modules.addAll(Set.of(MaskModule.HEAD_LAYER, MaskModule.MLP));
          default -> {}
        }
      }
      return modules;
    }

    /** A shape that readers of the family accept. */
    private static ModelShape target(SplittableRandom random, MaskLayout layout) {
      ModelShape target;
      do {
        target = anyTarget(random, layout);
      } while (!layout.config().allows(target.hiddenSize(), target.heads(), SizeRule::isBinding));
      return target;
    }

    private static ModelShape anyTarget(SplittableRandom random, MaskLayout layout) {
      ModelSpec source = layout.config();
      Set<MaskModule> modules = layout.modules();
      boolean layers = modules.contains(MaskModule.LAYER) || modules.contains(MaskModule.MLP);
      int heads = source.heads();
      int kvHeads = source.kvHeads();
      if (modules.contains(MaskModule.HEAD)) {
        switch (layout.policy()) {
          case KV_GROUP -> {
            kvHeads = random.nextInt(1, kvHeads + 1);
            heads = kvHeads * source.groupSize();
          }
          case QUERY_IN_GROUP -> heads = kvHeads * random.nextInt(1, source.groupSize() + 1);
        }
      }
      int hidden =
          modules.contains(MaskModule.HIDDEN)
              ? random.nextInt(2, source.hiddenSize() + 1)
              : source.hiddenSize();
      return new ModelShape(
          source.hiddenFollowsHeads() ? heads * source.headDim() : hidden,
          layers ? random.nextInt(1, source.layers() + 1) : source.layers(),
          heads,
          kvHeads,
          modules.contains(MaskModule.INTERMEDIATE)
              ? random.nextInt(1, source.intermediateSize() + 1)
              : source.intermediateSize());
    }

    /** {@code kept} values in (0, 1], some of them 1 and some equal, the others 0. */
    private static float[] soft(SplittableRandom random, int units, int kept) {
      float[] row = new float[units];
      int left = kept;
      for (int i = 0; i < units; i++) {
        if (random.nextInt(units - i) < left) {
          row[i] = random.nextBoolean() ? random.nextInt(1, 11) / 10f : random.nextFloat(0.02f, 1);
          left--;
        }
      }
      return row;
    }

    private static void matchHalves(
        SplittableRandom random, ModelSpec config, Map<MaskModule, float[][]> values, int count) {
      float[] attention = soft(random, config.layers(), config.layers());
      float[] mlp = soft(random, config.layers(), config.layers());
      float[] attentionKept = new float[config.layers()];
      float[] mlpKept = new float[config.layers()];
      for (LayerPair pair : LayerPair.best(attention, mlp, count, config.parallelResidual())) {
        attentionKept[pair.attention()] = attention[pair.attention()];
        mlpKept[pair.mlp()] = mlp[pair.mlp()];
        if (pair.attention() != pair.mlp()) {
          COVERED.add("halves of two layers");
        }
      }
      values.put(MaskModule.HEAD_LAYER, new float[][] {attentionKept});
      values.put(MaskModule.MLP, new float[][] {mlpKept});
    }
  }

  @Property(tries = 400, shrinking = ShrinkingMode.OFF)
  void cutModelIsTheMaskedModel(@ForAll long seed) throws IOException {
    var random = new SplittableRandom(seed);
    Case tried = Case.random(random);
    cover(tried);
    Path folder = Files.createTempDirectory("cut");
    try (var _ = NativeScope.open();
        var _ = NoGrad.open();
        var model = TinyModels.model(tried.config(), seed)) {
      Tensor tokens = RandomModels.tokens(random);
      float[] masked =
          Tensors.floats(model.forward(tokens, MaskTensors.of(tried.masks(), model.device())));

      assertThat(tried.masks().shape()).isEqualTo(tried.target());
      AttentionSpec attention;
      try (var cut = Cut.apply(model, tried.masks(), RandomModels.options(false))) {
        assertThat(cut.spec().shape()).isEqualTo(tried.target());
        attention = cut.spec().attention();
        assertThat(logits(cut, tokens))
            .as("%s to %s", tried.config().toJson(), tried.target())
            .containsExactly(masked, within(1e-4f));
        ModelWriter.save(cut, folder.resolve("m"), folder, Optional.empty(), ByteSize.parse("1GB"));
      }
      try (var loaded = ModelLoader.load(folder.resolve("m"), RandomModels.options(false))) {
        assertThat(loaded.spec().shape()).isEqualTo(tried.target());
        assertThat(loaded.spec().headDim()).isEqualTo(tried.config().headDim());
        assertThat(loaded.spec().attention()).isEqualTo(attention);
        assertThat(logits(loaded, tokens)).containsExactly(masked, within(1e-4f));
      }
    } finally {
      AtomicFiles.deleteTree(folder);
    }
  }

  @AfterContainer
  static void casesCoverWhatMatters() {
    assertThat(COVERED)
        .containsAll(ModelFamily.ALL.stream().map(ModelFamily::modelType).toList())
        .contains(
            "parallel",
            "tied",
            "untied",
            "KV_GROUP",
            "QUERY_IN_GROUP",
            "biases",
            "layers removed",
            "halves of two layers");
  }

  private static void cover(Case tried) {
    ModelSpec config = tried.config();
    COVERED.add(config.family().modelType());
    COVERED.add(config.tiedEmbeddings() ? "tied" : "untied");
    COVERED.add(tried.masks().layout().policy().name());
    if (config.parallelResidual()) {
      COVERED.add("parallel");
    }
    if (config.biased().containsAll(Set.of(TensorRole.ATTENTION_OUTPUT, TensorRole.DOWN))) {
      COVERED.add("biases");
    }
    if (tried.target().layers() < config.layers()) {
      COVERED.add("layers removed");
    }
  }

  private static float[] logits(CausalLm model, Tensor tokens) {
    return Tensors.floats(model.forward(tokens, ModelMasks.NONE));
  }
}
