package io.github.drprune.model;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.github.drprune.safetensors.CheckpointReader;
import io.github.drprune.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is to be known of a checkpoint before it is used.
 *
 * @param headDim dimensions of one head
 * @param contextLength longest sequence, in tokens
 * @param features what sets it apart from a plain Llama, in words
 * @param parametersByPart "embedding", "attention", "mlp", "norms", "head"
 * @param tensorsByDtype how many tensors have each type
 * @param tokenizerSize ids of the tokenizer, or null where the folder has none
 * @param runBytes weights in bf16 and the keys and values of one text of full length
 * @param trainBytes float32 weights, gradients and both moments of AdamW, without activations;
 *     masks add next to nothing
 */
public record CheckpointSummary(
    ModelSummary model,
    int headDim,
    int vocabularySize,
    int contextLength,
    @JsonProperty("tied_embeddings") boolean tied,
    List<String> features,
    Map<String, Long> parametersByPart,
    Map<String, Long> tensorsByDtype,
    Integer tokenizerSize,
    long runBytes,
    long trainBytes) {
  private static final Logger LOG = LoggerFactory.getLogger(CheckpointSummary.class);

  /** Reads and checks the checkpoint in {@code folder}; nothing is loaded. */
  public static CheckpointSummary of(Path folder) throws IOException {
    ModelSpec configured = ConfigReader.read(folder);
    ModelSpec spec;
    Map<String, Long> dtypes;
    try (var reader = CheckpointReader.open(folder)) {
      spec = CheckpointCheck.of(folder, configured, reader);
      CheckpointCheck.warning(folder, configured, spec).ifPresent(LOG::warn);
      dtypes =
          spec.tensors().keySet().stream()
              .collect(
                  Collectors.groupingBy(
                      name -> reader.tensors().get(name).dtype().name(),
                      TreeMap::new,
                      Collectors.counting()));
    }
    long parameters = spec.parameters();
    return new CheckpointSummary(
        ModelSummary.of(spec),
        spec.headDim(),
        spec.vocabularySize(),
        spec.contextLength(),
        spec.tiedEmbeddings(),
        Feature.of(spec),
        parts(spec),
        dtypes,
        tokenizerSize(folder, spec),
        2 * parameters + cacheBytes(spec),
        16 * parameters);
  }

  private static Map<String, Long> parts(ModelSpec spec) {
    SequencedMap<String, Long> parts = new LinkedHashMap<>();
    for (TensorShape tensor : spec.tensors().values()) {
      String part = tensor.role().isNorm() ? "norms" : key(tensor.role().place());
      parts.merge(part, tensor.elements(), Long::sum);
    }
    return parts;
  }

  private static String key(TensorRole.Place place) {
    return place.name().toLowerCase(Locale.ROOT);
  }

  private static long cacheBytes(ModelSpec spec) {
    return 2L * 2 * spec.layers() * spec.kvHeads() * spec.headDim() * spec.contextLength();
  }

  private static Integer tokenizerSize(Path folder, ModelSpec spec) {
    if (!Files.isRegularFile(folder.resolve("tokenizer.json"))) {
      return null;
    }
    try (var tokenizer = Tokenizer.load(folder, spec.vocabularySize())) {
      return tokenizer.size();
    }
  }
}
