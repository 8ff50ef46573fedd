package io.github.drprune.vocabulary;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.drprune.error.UserException;
import io.github.drprune.io.AtomicFiles;
import io.github.drprune.io.OutputPaths;
import io.github.drprune.json.Json;
import io.github.drprune.model.CheckpointCheck;
import io.github.drprune.model.CheckpointFiles;
import io.github.drprune.model.ConfigReader;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.safetensors.CheckpointReader;
import io.github.drprune.tokenizer.Tokenizer;
import io.github.drprune.tokenizer.TokenizerDefinition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Cuts a checkpoint's vocabulary to the tokens that a corpus uses: tokenizer, token embedding and
 * head. A text whose tokens are all kept becomes the same tokens under new numbers, and the model
 * computes of them what it did; any other text becomes more tokens than before.
 *
 * @param model folder of the checkpoint
 * @param corpus prepared data, a folder with a sub-folder or file for each domain, or a text file
 * @param textField JSON field or Parquet column of the text
 * @param keep tokens to keep
 * @param coverage or the share of the corpus's tokens that kept ones must make up, in (0, 1]
 * @param multiple the number of tokens is rounded up to a multiple of this
 * @param output the checkpoint to write; must not exist
 */
public record VocabularyTrim(
    Path model,
    Path corpus,
    String textField,
    OptionalInt keep,
    OptionalDouble coverage,
    int multiple,
    Path output) {

  /**
   * What was cut and what it costs.
   *
   * @param tokensBefore rows of the embedding before
   * @param tokensAfter and after
   * @param coverage the share of the corpus's tokens that are kept
   * @param domains what texts cost now
   */
  public record Result(
      int tokensBefore,
      int tokensAfter,
      long parametersBefore,
      long parametersAfter,
      double coverage,
      List<DomainCost> domains) {}

  public VocabularyTrim {
    if (keep.isPresent() == coverage.isPresent()) {
      throw UserException.at(
          "keep", "the number of tokens or the coverage decides, one of them", "give one");
    }
    if (coverage.isPresent() && !(coverage.getAsDouble() > 0 && coverage.getAsDouble() <= 1)) {
      throw UserException.at("coverage", coverage.getAsDouble() + " is not in (0, 1]");
    }
    if (multiple < 1) {
      throw UserException.at("multiple", multiple + " is not positive");
    }
  }

  /**
   * Writes the smaller checkpoint.
   *
   * @param progress is told from time to time how many texts have been read
   * @param warnings is told what is odd about checkpoint and corpus
   */
  public Result write(Consumer<String> progress, Consumer<String> warnings) throws IOException {
    if (Files.exists(output)) {
      throw new UserException(output + ": exists already; name a folder to make");
    }
    OutputPaths.requireFolder(output);
    ModelSpec configured = ConfigReader.read(model);
    TokenizerDefinition definition = TokenizerDefinition.read(model);
    try (var weights = CheckpointReader.open(model);
        var tokenizer = Tokenizer.load(model, configured.vocabularySize())) {
      ModelSpec spec = CheckpointCheck.of(model, configured, weights);
      CheckpointCheck.warning(model, configured, spec).ifPresent(warnings);
      var texts = new CorpusTokens(corpus, textField, tokenizer, progress);
      long[] counts = texts.counts(warnings);
      KeptTokens chosen = chosen(definition, counts, spec);
      Renumbering ids = chosen.renumbering();
      Files.createDirectories(output.toAbsolutePath().getParent());
      List<DomainCost> costs = new ArrayList<>();
      AtomicFiles.folder(
          output,
          folder -> {
            writeCheckpoint(folder, spec, definition, weights, ids);
            try (var trimmed = Tokenizer.load(folder)) {
              costs.addAll(texts.costs(trimmed, ids));
            }
          });
      return result(spec, CheckpointCheck.of(output), ids, counts, costs);
    }
  }

  private KeptTokens chosen(TokenizerDefinition definition, long[] counts, ModelSpec spec)
      throws IOException {
    Set<Integer> named = new HashSet<>(Renumbering.namedBy(spec.toJson(), spec.vocabularySize()));
    JsonCompanion.read(model.resolve(JsonCompanion.GENERATION_CONFIG))
        .ifPresent(json -> named.addAll(Renumbering.namedBy(json, spec.vocabularySize())));
    var kept = new KeptTokens(definition, counts, named, spec.vocabularySize());
    if (coverage.isPresent()) {
      kept.cover(coverage.getAsDouble());
    }
    int wanted = keep.orElse(kept.size());
    kept.fill((wanted + multiple - 1) / multiple * multiple);
    if (kept.size() >= spec.vocabularySize()) {
      throw new UserException(
          "%s: %,d of its %,d tokens would stay; keep fewer, or leave the vocabulary as it is"
              .formatted(model, kept.size(), spec.vocabularySize()));
    }
    return kept;
  }

  private void writeCheckpoint(
      Path folder,
      ModelSpec spec,
      TokenizerDefinition definition,
      CheckpointReader weights,
      Renumbering ids)
      throws IOException {
    CheckpointFiles.copyCompanions(model, folder);
    new TrimmedTokenizer(definition, ids).write(folder);
    Path generation = folder.resolve(JsonCompanion.GENERATION_CONFIG);
    Optional<ObjectNode> settings = JsonCompanion.read(generation);
    if (settings.isPresent()) {
      ids.apply(settings.get());
      Files.writeString(generation, Json.pretty(settings.get()));
    }
    ObjectNode config = spec.toJson();
    config.put("vocab_size", ids.size());
    ids.apply(config);
    Files.writeString(folder.resolve("config.json"), Json.pretty(config));
    WordRows kept =
        (tensor, before, sink) -> {
          long row = before.byteSize() / spec.vocabularySize();
          for (int id : ids.kept()) {
            sink.write(before.asSlice(id * row, row));
          }
        };
    kept.write(folder, spec, weights, ids.size());
  }

  private static Result result(
      ModelSpec before, ModelSpec after, Renumbering ids, long[] counts, List<DomainCost> costs) {
    long all = 0;
    long covered = 0;
    for (int id = 0; id < counts.length; id++) {
      all += counts[id];
      covered += ids.keeps(id) ? counts[id] : 0;
    }
    return new Result(
        before.vocabularySize(),
        after.vocabularySize(),
        before.parameters(),
        after.parameters(),
        (double) covered / all,
        costs);
  }
}
