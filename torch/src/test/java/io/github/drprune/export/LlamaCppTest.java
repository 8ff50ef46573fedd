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
import io.github.drprune.model.CausalLm;
import io.github.drprune.model.ConfigReader;
import io.github.drprune.model.ModelFamily;
import io.github.drprune.model.ModelShape;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.model.ModelWriter;
import io.github.drprune.model.NewModel;
import io.github.drprune.model.RotarySpec.Scaling.LongRope;
import io.github.drprune.model.TensorRole;
import io.github.drprune.model.TinyModels;
import java.io.IOException;
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

/** Models of every family, of a checkpoint's shape and of a cut's, as llama.cpp computes them. */
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

  @TempDir private Path folder;

  /** A model, what it generates, and what was asked of llama.cpp. */
  private record Case(ModelSpec spec, List<List<Integer>> ours, Request request) {}

  @Test
  void continuesTextsAsWeDo() throws Exception {
    var peer = LlamaCppPeer.orSkip();
    DemoTokenizer.write(folder);
    List<Case> cases = new ArrayList<>();
    Set<String> refused = new TreeSet<>();
    for (ModelSpec spec : specs().flatMap(LlamaCppTest::withCuts).toList()) {
      Path checkpoint = folder.resolve("model" + cases.size() + "-" + refused.size());
      try (var model = TinyModels.model(spec, 12)) {
        ModelWriter.save(model, checkpoint, folder, Optional.empty(), ByteSize.parse("1GB"));
        cases.add(exported(model, checkpoint));
      } catch (UserException e) {
        refused.add(e.getMessage());
      }
    }
    List<Answer> theirs = peer.ask(cases.stream().map(Case::request).toList(), folder);

    for (int i = 0; i < cases.size(); i++) {
      String model = cases.get(i).spec().toJson().toString();
      assertThat(theirs.get(i).error()).as(model).isNull();
      assertThat(theirs.get(i).continuations()).as(model).isEqualTo(cases.get(i).ours());
    }
    assertThat(cases.stream().map(each -> each.spec().family()).distinct())
        .containsExactlyInAnyOrderElementsOf(ModelFamily.ALL);
    assertThat(REASONS)
        .allSatisfy(reason -> assertThat(refused).anyMatch(message -> message.contains(reason)));
    assertThat(refused).allMatch(message -> REASONS.stream().anyMatch(message::contains));
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

  /** With a shape that every reader takes, and one whose head dim is its own. */
  private static Stream<ModelSpec> withCuts(ModelSpec spec) {
    int heads = spec.heads() / 2;
    int kvHeads = spec.kvHeads() / 2;
    var filled = new ModelShape(heads * spec.headDim(), spec.layers(), heads, kvHeads, 24);
    var own = new ModelShape(heads * 10, spec.layers(), heads, kvHeads, 24);
    boolean canHave = !spec.has(TensorRole.QUERY_KEY_VALUE_BY_HEAD);
    return Stream.of(spec, spec.resized(filled), canHave ? spec.resized(own) : spec).distinct();
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
