package io.github.drprune.export;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.drprune.demo.DemoTokenizer;
import io.github.drprune.error.UserException;
import io.github.drprune.export.LlamaCppPeer.Answer;
import io.github.drprune.export.LlamaCppPeer.Request;
import io.github.drprune.generate.EndTokens;
import io.github.drprune.generate.Sampling;
import io.github.drprune.generate.TextGenerator;
import io.github.drprune.gguf.TensorType;
import io.github.drprune.io.ByteSize;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.model.CausalLm;
import io.github.drprune.model.ConfigReader;
import io.github.drprune.model.ModelFamily;
import io.github.drprune.model.ModelShape;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.model.ModelWriter;
import io.github.drprune.model.NewModel;
import io.github.drprune.model.RotarySpec.Scaling.LongRope;
import io.github.drprune.model.TinyModels;
import io.github.drprune.prune.Cut;
import io.github.drprune.prune.GroupPolicy;
import io.github.drprune.prune.Importance;
import io.github.drprune.prune.MaskValues;
import io.github.drprune.prune.ScoredBy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Models of every family and cuts of them, as llama.cpp computes them. */
class LlamaCppTest {
  private static final int TOKENS = 64;
  private static final int VOCABULARY = 300;
  private static final List<int[]> PROMPTS =
      IntStream.range(0, 5)
          .mapToObj(seed -> new SplittableRandom(seed).ints(3 + 4 * seed, 3, VOCABULARY).toArray())
          .toList();

  /** Why some are refused, which {@code src/models} of llama.cpp bears out. */
  private static final Set<String> REASONS =
      Set.of(
          "needs a qwen2 to have",
          "needs a olmo2 to have",
          "needs a olmo3 to have",
          "needs a phi3 to have",
          "qwen3 has no place for model.layers.0.self_attn.o_proj.bias",
          "smollm3 has no place for model.layers.0.self_attn.o_proj.bias",
          "smollm3 has no place for model.layers.0.mlp.gate_proj.bias",
          "gemma2 has its head tied");

  /** Why some cuts are refused besides: other layers stand in the places of those that went. */
  private static final Set<String> REASONS_OF_CUTS =
      Set.of("no positions in every fourth layer", "needs windows in a repeating pattern");

  @TempDir private Path folder;

  /** A model, what it generates, and what was asked of llama.cpp. */
  private record Case(ModelSpec spec, List<List<Integer>> ours, Request request) {}

  /** Exported models, and why others were refused. */
  private record Exported(List<Case> cases, Set<String> refused) {
    Exported() {
      this(new ArrayList<>(), new TreeSet<>());
    }

    void add(CausalLm model, Path folder) throws IOException {
      Path checkpoint = Files.createTempDirectory(folder, "of").resolve("model");
      ModelWriter.save(model, checkpoint, folder, Optional.empty(), ByteSize.parse("1GB"));
      try {
        cases.add(exported(model, checkpoint));
      } catch (UserException e) {
        refused.add(e.getMessage());
      }
    }

    void compare(LlamaCppPeer peer, Path folder) throws Exception {
      List<Answer> theirs = peer.ask(cases.stream().map(Case::request).toList(), folder);
      for (int i = 0; i < cases.size(); i++) {
        String model = cases.get(i).spec().toJson().toString();
        assertThat(theirs.get(i).error()).as(model).isNull();
        assertThat(theirs.get(i).continuations()).as(model).isEqualTo(cases.get(i).ours());
      }
      assertThat(cases.stream().map(each -> each.spec().family()).distinct())
          .containsExactlyInAnyOrderElementsOf(ModelFamily.ALL);
    }
  }

  @Test
  void continuesTextsAsWeDo() throws Exception {
    var peer = LlamaCppPeer.orSkip();
    DemoTokenizer.write(folder);
    var sources = new Exported();
    var cuts = new Exported();
    var random = new SplittableRandom(5);
    for (ModelSpec spec : specs().toList()) {
      try (var model = TinyModels.model(spec, 12)) {
        sources.add(model, folder);
        for (ModelShape target : targets(spec)) {
          try (var cut = cut(model, target, random)) {
            cuts.add(cut, folder);
          }
        }
      }
    }
    sources.compare(peer, folder);
    cuts.compare(peer, folder);

    Set<String> refused = new TreeSet<>(sources.refused());
    refused.addAll(cuts.refused());
    assertThat(REASONS)
        .allSatisfy(reason -> assertThat(refused).anyMatch(message -> message.contains(reason)));
    refused.removeIf(message -> REASONS.stream().anyMatch(message::contains));
    assertThat(refused).allMatch(message -> REASONS_OF_CUTS.stream().anyMatch(message::contains));
  }

  /** Tiny models with what is special in each family, and new ones as a training begins with. */
  private static Stream<ModelSpec> specs() {
    var shape = new ModelShape(32, 4, 4, 2, 48);
    Stream<ModelSpec> newModels =
        ModelFamily.ALL.stream()
            .filter(family -> !family.modelType().equals("gpt_neox"))
            .map(family -> NewModel.of(family.modelType(), shape, VOCABULARY, 96));
    return Stream.concat(
        TinyModels.all()
            .map(
                spec ->
                    ConfigReader.parse(
                        spec.toJson().put("vocab_size", VOCABULARY).toString(), "tiny")),
        newModels);
  }

  /** A shape that every reader takes, one with half the layers, one whose head dim is its own. */
  private static List<ModelShape> targets(ModelSpec spec) {
    int heads = spec.heads() / 2;
    int kvHeads = spec.kvHeads() / 2;
    int filled = heads * spec.headDim();
    int own = (spec.hiddenSize() - 1) / heads * heads;
    List<ModelShape> targets = new ArrayList<>();
    targets.add(new ModelShape(filled, spec.layers(), heads, kvHeads, 24));
    targets.add(new ModelShape(filled, spec.layers() / 2, heads, kvHeads, 24));
    if (!spec.hiddenFollowsHeads()) {
      targets.add(new ModelShape(own, spec.layers(), heads, kvHeads, 24));
    }
    return targets.stream().filter(target -> target.hiddenSize() <= spec.hiddenSize()).toList();
  }

  /** The units that matter most, under soft masks. */
  private static CausalLm cut(CausalLm model, ModelShape target, SplittableRandom random) {
    try (var _ = NativeScope.open()) {
      var text = Tensors.ofTokens(new int[][] {PROMPTS.getLast()});
      MaskValues masks =
          Importance.masks(
              model, List.of(text), target, GroupPolicy.KV_GROUP, ScoredBy.ACTIVATIONS);
      masks
          .values()
          .values()
          .forEach(rows -> Arrays.stream(rows).forEach(row -> soften(row, random)));
      return Cut.apply(model, masks, TinyModels.FIXED);
    }
  }

  private static void soften(float[] masks, SplittableRandom random) {
    for (int i = 0; i < masks.length; i++) {
      masks[i] *= (float) random.nextDouble(0.5, 1);
    }
  }

  private static Case exported(CausalLm model, Path checkpoint) throws IOException {
    Path file = checkpoint.resolve("model.gguf");
    var result = new GgufExport(checkpoint, file, TensorType.F32).write(_ -> {});
    List<int[]> prompts = prompts(model.spec(), result.contextLength());
    int tokens = Math.min(TOKENS, result.contextLength() - prompts.getLast().length);
    return new Case(
        model.spec(),
        prompts.stream().map(prompt -> continuation(model, prompt, tokens)).toList(),
        Request.continuing(file, model.spec().contextLength(), prompts, tokens));
  }

  /** As long as the file is for; long enough for LongRoPE, which llama.cpp has long throughout. */
  private static List<int[]> prompts(ModelSpec spec, int contextLength) {
    int shortest =
        spec.attention().layers().stream()
            .flatMap(layer -> layer.rotary().stream())
            .mapToInt(rotary -> rotary.scaling() instanceof LongRope ? rotary.longAfter() : 0)
            .max()
            .orElse(0);
    return PROMPTS.stream()
        .filter(prompt -> prompt.length >= shortest)
        .map(prompt -> Arrays.copyOf(prompt, Math.min(prompt.length, contextLength / 2)))
        .toList();
  }

  private static List<Integer> continuation(CausalLm model, int[] prompt, int tokens) {
    List<Integer> ids = new ArrayList<>();
    new TextGenerator(model, Sampling.GREEDY, EndTokens.NONE, new SplittableRandom(1))
        .generate(prompt, tokens, ids::add);
    return ids;
  }
}
