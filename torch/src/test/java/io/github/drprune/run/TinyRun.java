package io.github.drprune.run;

import io.github.drprune.config.PruneConfig;
import io.github.drprune.config.TrainConfig;
import io.github.drprune.config.binding.ConfigLoader;
import io.github.drprune.data.prepare.CorpusFinder;
import io.github.drprune.data.prepare.Prepare;
import io.github.drprune.data.prepare.PrepareConfig;
import io.github.drprune.data.prepare.PrepareListener;
import io.github.drprune.io.ByteSize;
import io.github.drprune.io.Sha256;
import io.github.drprune.json.Json;
import io.github.drprune.libtorch.LibTorch;
import io.github.drprune.model.ConfigReader;
import io.github.drprune.model.ModelLoader;
import io.github.drprune.model.ModelWriter;
import io.github.drprune.model.TinyModels;
import io.github.drprune.nn.Kernels;
import io.github.drprune.tokenizer.Tokenizer;
import io.github.drprune.train.StopSignal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;

/** A model of a few thousand parameters and text of two domains, for runs that take seconds. */
final class TinyRun {
  static final int SEQ_LEN = 16;
  private static final int WORDS = 50;

  private final Path folder;

  /** Writes model and data into {@code folder}. */
  TinyRun(Path folder) throws IOException {
    this(folder, 1);
  }

  /**
   * @param seed of the easy domain's text
   */
  TinyRun(Path folder, long seed) throws IOException {
    this.folder = folder;
    LibTorch.useThreads(1);
    if (Files.exists(data().resolve("manifest.json"))) {
      return;
    }
    Path files = folder.resolve("tokenizer");
    tokenizer(files);
    var config =
        ConfigReader.parse(
            """
            {"model_type": "llama", "hidden_size": 16, "num_attention_heads": 4,
             "num_hidden_layers": 3, "intermediate_size": 24, "vocab_size": 53,
             "max_position_embeddings": 16}
            """,
            "config.json");
    try (var model = ModelLoader.random(config, TinyModels.FIXED, 3)) {
      ModelWriter.save(model, model(), files, Optional.empty(), ByteSize.parse("1GB"));
    }
    text(folder.resolve("text/easy.jsonl"), 8, seed);
    text(folder.resolve("text/hard.jsonl"), WORDS, 2);
    try (var tokenizer = Tokenizer.load(model())) {
      var settings =
          PrepareConfig.of(
              "seq_len=" + SEQ_LEN, "eval_fraction=0.2", "shard_mib=1", "max_bad_lines=0");
      new Prepare(
              CorpusFinder.in(folder.resolve("text")), tokenizer, settings, PrepareListener.SILENT)
          .into(data());
    }
  }

  Path model() {
    return folder.resolve("model");
  }

  Path data() {
    return folder.resolve("data");
  }

  PruneConfig prune(Path output, String... sets) throws IOException {
    List<String> all =
        new ArrayList<>(
            List.of(
                "target.hidden_size=8",
                "target.layers=2",
                "target.heads=2",
                "target.intermediate_size=12"));
    all.addAll(common(output, sets));
    return ConfigLoader.load(Optional.empty(), all, PruneConfig.class);
  }

  /** Pruning to another target than the usual shape. */
  PruneConfig pruneTo(Path output, String target, String... sets) throws IOException {
    List<String> all = new ArrayList<>(List.of(target, "steps=12"));
    all.addAll(common(output, sets));
    return ConfigLoader.load(Optional.empty(), all, PruneConfig.class);
  }

  TrainConfig train(Path output, String... sets) throws IOException {
    return ConfigLoader.load(Optional.empty(), common(output, sets), TrainConfig.class);
  }

  private List<String> common(Path output, String... sets) {
    List<String> all =
        new ArrayList<>(
            List.of(
                "model=" + model(),
                "data=" + data(),
                "output=" + output,
                "precision=fp32",
                "device=cpu",
                "global_batch=4",
                "micro_batch=4",
                "evaluation_interval=5",
                "evaluation_sequences=4",
                "checkpoint_interval=4",
                "learning_rate=1e-3"));
    all.addAll(List.of(sets));
    return all;
  }

  static Runner runner() {
    return new Runner((_, _) -> Kernels.REFERENCE, List.of(), new StopSignal());
  }

  /** Checksum of a run's resulting weights. */
  static String weights(Path output) throws IOException {
    return Sha256.of(output.resolve("model/model.safetensors"));
  }

  /** Documents over the first {@code words} words. */
  private static void text(Path file, int words, long seed) throws IOException {
    var random = new SplittableRandom(seed);
    var lines = new StringBuilder();
    for (int document = 0; document < 120; document++) {
      var drawn = new ArrayList<String>();
      int length = 20 + random.nextInt(40);
      for (int i = 0; i < length; i++) {
        drawn.add("w" + random.nextInt(words));
      }
      lines.append(Json.line(Map.of("text", String.join(" ", drawn)))).append('\n');
    }
    Files.createDirectories(file.getParent());
    Files.writeString(file, lines.toString());
  }

  /** A tokenizer of whole words. */
  private static void tokenizer(Path folder) throws IOException {
    Map<String, Integer> vocabulary = new LinkedHashMap<>();
    for (String special : List.of("<unk>", "<s>", "</s>")) {
      vocabulary.put(special, vocabulary.size());
    }
    for (int i = 0; i < WORDS; i++) {
      vocabulary.put("w" + i, vocabulary.size());
    }
    Files.createDirectories(folder);
    Files.writeString(
        folder.resolve("tokenizer.json"),
        Json.line(
            Map.of(
                "version",
                "1.0",
                "pre_tokenizer",
                Map.of("type", "WhitespaceSplit"),
                "model",
                Map.of("type", "WordLevel", "unk_token", "<unk>", "vocab", vocabulary))));
    Files.writeString(
        folder.resolve("tokenizer_config.json"),
        Json.line(Map.of("add_bos_token", true, "bos_token", "<s>", "eos_token", "</s>")));
  }
}
