package io.github.drprune.model;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.github.drprune.error.UserException;
import io.github.drprune.event.RunEvent;
import io.github.drprune.safetensors.CheckpointReader;
import io.github.drprune.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What is to be known of a checkpoint before it is used.
 *
 * @param headSize dimensions of one head
 * @param parametersByPart "embedding", "attention", "mlp", "norms", "head"
 * @param tensorsByDtype how many tensors have each type
 * @param tokenizerSize ids of the tokenizer, or null where the folder has none
 * @param runBytes weights in bf16 and the keys and values of one text of full length
 * @param trainBytes float32 weights, gradients and both moments of AdamW, without activations;
 *     masks add next to nothing
 */
public record CheckpointSummary(
    RunEvent.Model model,
    int headSize,
    int vocabularySize,
    int positions,
    @JsonProperty("tied_embeddings") boolean tied,
    Map<String, Long> parametersByPart,
    Map<String, Long> tensorsByDtype,
    Integer tokenizerSize,
    long runBytes,
    long trainBytes) {

  /** Reads and checks the checkpoint in {@code folder}; nothing is loaded. */
  public static CheckpointSummary of(Path folder) throws IOException {
    ModelConfig config = ModelLoader.check(folder);
    Map<String, Long> dtypes;
    try (var reader = CheckpointReader.open(folder)) {
      dtypes =
          config.tensors().keySet().stream()
              .collect(
                  Collectors.groupingBy(
                      name -> reader.tensors().get(name).dtype().name(),
                      TreeMap::new,
                      Collectors.counting()));
    }
    long parameters = config.parameters();
    return new CheckpointSummary(
        event(config),
        config.headSize(),
        config.vocabularySize(),
        config.positions(),
        config.tiedEmbeddings(),
        parts(config),
        dtypes,
        tokenizerSize(folder, config),
        2 * parameters + cacheBytes(config),
        16 * parameters);
  }

  /** The shape as run events show it. */
  public static RunEvent.Model event(ModelConfig config) {
    return new RunEvent.Model(
        config.family().modelType(),
        config.hiddenSize(),
        config.layers(),
        config.heads(),
        config.kvHeads(),
        config.intermediateSize(),
        config.parameters());
  }

  private static Map<String, Long> parts(ModelConfig config) {
    SequencedMap<String, Long> parts = new LinkedHashMap<>();
    for (TensorShape tensor : config.tensors().values()) {
      parts.merge(part(tensor, parts.isEmpty()), tensor.elements(), Long::sum);
    }
    return parts;
  }

  private static String part(TensorShape tensor, boolean first) {
    String name = tensor.name();
    if (name.contains("norm")) {
      return "norms";
    }
    if (tensor.layer() < 0) {
      return first ? "embedding" : "head";
    }
    return name.contains(".mlp.") ? "mlp" : "attention";
  }

  private static long cacheBytes(ModelConfig config) {
    return 2L * 2 * config.layers() * config.kvHeads() * config.headSize() * config.positions();
  }

  private static Integer tokenizerSize(Path folder, ModelConfig config) {
    if (!Files.isRegularFile(folder.resolve("tokenizer.json"))) {
      return null;
    }
    try (var tokenizer = Tokenizer.load(folder)) {
      requireFitting(tokenizer, config);
      return tokenizer.size();
    }
  }

  /** Refuses a tokenizer with ids that the model has no embedding for. */
  public static void requireFitting(Tokenizer tokenizer, ModelConfig config) {
    if (tokenizer.size() > config.vocabularySize()) {
      throw new UserException(
          "%s: has ids up to %d, but the model's vocabulary ends at %d; use the model's own tokenizer"
              .formatted(tokenizer.file(), tokenizer.size() - 1, config.vocabularySize() - 1));
    }
  }
}
