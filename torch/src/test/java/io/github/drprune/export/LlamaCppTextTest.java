package io.github.drprune.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.drprune.data.prepare.CorpusFinder;
import io.github.drprune.data.prepare.CorpusTexts;
import io.github.drprune.export.LlamaCppPeer.Answer;
import io.github.drprune.export.LlamaCppPeer.Request;
import io.github.drprune.gguf.TensorType;
import io.github.drprune.io.ByteSize;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.model.CausalLm;
import io.github.drprune.model.ModelLoader;
import io.github.drprune.model.ModelShape;
import io.github.drprune.model.ModelWriter;
import io.github.drprune.model.NewModel;
import io.github.drprune.model.TinyModels;
import io.github.drprune.nn.ModelMasks;
import io.github.drprune.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real tokenizers and a real model in llama.cpp, on real text. */
class LlamaCppTextTest {
  private static final List<String> LANGUAGES =
      List.of("de", "en", "es", "fr", "ja", "ko", "ru", "zh");

  /** Texts of each domain whose perplexity is measured. */
  private static final int TEXTS = Integer.getInteger("llama.texts", 2);

  @TempDir private Path folder;

  private static Path shared() {
    Path shared = Path.of(System.getProperty("shared.dir", "absent"));
    Assumptions.assumeTrue(Files.isDirectory(shared), "no real text in " + shared);
    return shared;
  }

  /** The checkpoint to measure; another is named by {@code -Dllama.model=FOLDER}. */
  private static Path model() {
    String named = System.getProperty("llama.model", "");
    return named.isBlank() ? shared().resolve("models/redpajama-9m") : Path.of(named);
  }

  private List<String> texts(String file, int count) throws IOException {
    List<String> texts = new ArrayList<>();
    var corpus = CorpusFinder.of(List.of("text=" + shared().resolve("data").resolve(file)));
    new CorpusTexts(corpus, "text", folder).forEach((_, text) -> texts.add(text));
    return texts.subList(0, Math.min(count, texts.size()));
  }

  /** 100 texts: eight languages, code, and prose. */
  private List<String> texts() throws IOException {
    List<String> texts = new ArrayList<>();
    for (String language : LANGUAGES) {
      texts.addAll(texts("debian-guide/%s/train.jsonl".formatted(language), 10));
    }
    texts.addAll(texts("redpajama-sample/github/train.jsonl", 12));
    texts.addAll(texts("redpajama-sample/c4/train.jsonl", 8));
    return texts.stream().map(text -> text.substring(0, Math.min(text.length(), 2000))).toList();
  }

  @Test
  void promptsBecomeTheSameTokens() throws Exception {
    var peer = LlamaCppPeer.orSkip();
    List<String> texts = texts();
    Path modules = peer.folder().resolve("node_modules/@lenml");
    List<Path> tokenizers =
        Stream.of(
                model(),
                modules.resolve("tokenizer-llama3/models"),
                modules.resolve("tokenizer-qwen3/models"))
            .filter(Files::isDirectory)
            .toList();
    assertThat(texts.size()).isEqualTo(100);
    List<Request> requests = new ArrayList<>();
    for (Path tokenizer : tokenizers) {
      Path file = folder.resolve("tokens%d.gguf".formatted(requests.size()));
      new GgufExport(tinyModel(tokenizer), file, TensorType.F16).write(_ -> {});
      requests.add(new Request(file.toString(), 64, List.of(), 0, texts, List.of()));
    }
    List<Answer> theirs = peer.ask(requests, folder);

    for (int i = 0; i < requests.size(); i++) {
      try (var tokenizer = Tokenizer.load(tokenizers.get(i))) {
        for (int j = 0; j < texts.size(); j++) {
          assertThat(theirs.get(i).ids().get(j))
              .as("%s: %s", tokenizers.get(i), texts.get(j))
              .isEqualTo(LlamaCppPeer.boxed(tokenizer.encode(texts.get(j))));
        }
      }
    }
  }

  /** A model of almost no size around a tokenizer. */
  private Path tinyModel(Path tokenizer) throws IOException {
    Path checkpoint = Files.createTempDirectory(folder, "tiny").resolve("model");
    try (var read = Tokenizer.load(tokenizer)) {
      var spec = NewModel.of("llama", new ModelShape(4, 1, 1, 1, 4), read.size(), 64);
      try (var model = TinyModels.model(spec, 1)) {
        ModelWriter.save(model, checkpoint, tokenizer, Optional.empty(), ByteSize.parse("1GB"));
      }
    }
    return checkpoint;
  }

  @Test
  void perplexityOfHeldOutTextIsTheSame() throws Exception {
    var peer = LlamaCppPeer.orSkip();
    Path checkpoint = model();
    List<int[]> texts = new ArrayList<>();
    double[] ours;
    try (var tokenizer = Tokenizer.load(checkpoint);
        var model = ModelLoader.load(checkpoint, TinyModels.FIXED)) {
      for (String domain : List.of("c4", "github", "wiki", "arxiv")) {
        for (String text : texts("redpajama-sample/%s/eval.jsonl".formatted(domain), TEXTS)) {
          IntStream ids = Arrays.stream(tokenizer.encode(text)).limit(255);
          texts.add(IntStream.concat(IntStream.of(1), ids).toArray());
        }
      }
      ours = texts.stream().mapToDouble(text -> loss(model, text)).toArray();
    }
    List<TensorType> types =
        List.of(TensorType.F32, TensorType.BF16, TensorType.F16, TensorType.Q8_0);
    List<Request> requests = new ArrayList<>();
    for (TensorType type : types) {
      Path file = folder.resolve(type + ".gguf");
      new GgufExport(checkpoint, file, type).write(_ -> {});
      requests.add(new Request(file.toString(), 256, List.of(), 0, List.of(), texts));
    }
    List<Answer> theirs = peer.ask(requests, folder);

    double expected = perplexity(ours);
    for (int i = 0; i < types.size(); i++) {
      assertThat(theirs.get(i).error()).isNull();
      double found = perplexity(theirs.get(i).losses());
      System.out.printf("perplexity ours %.4f, %s %.4f%n", expected, types.get(i), found);
      double tolerance = types.get(i) == TensorType.Q8_0 ? 5e-3 : 1e-3;
      assertThat(found).as("%s", types.get(i)).isCloseTo(expected, within(tolerance * expected));
    }
  }

  private static double perplexity(double[] losses) {
    return Math.exp(Arrays.stream(losses).average().orElseThrow());
  }

  /** The mean negative log likelihood of all tokens but the first. */
  private static double loss(CausalLm model, int[] ids) {
    try (var _ = NativeScope.open();
        var _ = NoGrad.open()) {
      float[] logits =
          Tensors.floats(model.forward(Tensors.ofTokens(new int[][] {ids}), ModelMasks.NONE));
      int words = model.spec().vocabularySize();
      double sum = 0;
      for (int i = 0; i + 1 < ids.length; i++) {
        double largest = Double.NEGATIVE_INFINITY;
        for (int word = 0; word < words; word++) {
          largest = Math.max(largest, logits[i * words + word]);
        }
        double all = 0;
        for (int word = 0; word < words; word++) {
          all += Math.exp(logits[i * words + word] - largest);
        }
        sum += largest + Math.log(all) - logits[i * words + ids[i + 1]];
      }
      return sum / (ids.length - 1);
    }
  }
}
