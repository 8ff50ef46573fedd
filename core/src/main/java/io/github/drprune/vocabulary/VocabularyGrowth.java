package io.github.drprune.vocabulary;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.drprune.conversation.ChatTemplate;
import io.github.drprune.error.UserException;
import io.github.drprune.io.AtomicFiles;
import io.github.drprune.io.OutputPaths;
import io.github.drprune.json.Json;
import io.github.drprune.model.CheckpointCheck;
import io.github.drprune.model.CheckpointFiles;
import io.github.drprune.model.ConfigReader;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.safetensors.CheckpointReader;
import io.github.drprune.safetensors.Dtype;
import io.github.drprune.safetensors.SafetensorsWriter;
import io.github.drprune.safetensors.WeightValues;
import io.github.drprune.tokenizer.Tokenizer;
import io.github.drprune.tokenizer.TokenizerDefinition;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.SequencedSet;

/**
 * Gives a checkpoint a template of conversations and the special tokens that it needs. The rows of
 * new tokens in embedding and head are the mean of the rows of all others, so that the model at
 * first computes of any text nearly what it did (as transformers' {@code resize_token_embeddings}
 * does, after Hewitt 2021, "Initializing new word embeddings for pretrained language models").
 *
 * @param model folder of the checkpoint
 * @param template chatml, llama3, alpaca or a Jinja file; empty leaves the model its own
 * @param tokens to add beside those that the template is known to need
 * @param output the checkpoint to write; must not exist
 */
public record VocabularyGrowth(
    Path model, Optional<String> template, List<String> tokens, Path output) {
  /**
   * What was added.
   *
   * @param added tokens that the model had not, in the order of their ids
   * @param embedded tokens that it had without rows, which have some now
   * @param firstId of those added
   * @param vocabularySize rows of the embedding now
   */
  public record Result(
      List<String> added, List<String> embedded, int firstId, int vocabularySize) {}

  public VocabularyGrowth {
    tokens = List.copyOf(tokens);
    if (template.isEmpty() && tokens.isEmpty()) {
      throw UserException.at("template", "nothing is to be added", "name a template or tokens");
    }
    if (tokens.stream().anyMatch(String::isBlank)) {
      throw UserException.at("token", "a token must have a character that is not blank");
    }
  }

  /** Writes the checkpoint with its further tokens. */
  public Result write() throws IOException {
    if (Files.exists(output)) {
      throw new UserException(output + ": exists already; name a folder to make");
    }
    OutputPaths.requireFolder(output);
    Optional<String> source = template.map(ChatTemplate::sourceOf);
    ModelSpec configured = ConfigReader.read(model);
    TokenizerDefinition definition = TokenizerDefinition.read(model);
    try (var weights = CheckpointReader.open(model);
        var tokenizer = Tokenizer.load(model, configured.vocabularySize())) {
      ModelSpec spec = CheckpointCheck.of(model, configured, weights);
      List<String> added = missing(tokenizer);
      int first = definition.size();
      boolean isGrown = !added.isEmpty() || lacksRows(tokenizer);
      int filled = isGrown ? first + added.size() : Math.min(first, spec.vocabularySize());
      int rows = Math.max(spec.vocabularySize(), filled);
      AtomicFiles.folder(
          output,
          folder -> {
            CheckpointFiles.copyCompanions(model, folder);
            writeTokenizer(folder, definition, added);
            if (source.isPresent()) {
              ChatTemplate.write(folder, source.get());
            }
            Files.writeString(
                folder.resolve("config.json"), Json.pretty(spec.toJson().put("vocab_size", rows)));
            rows(spec, first, filled).write(folder, spec, weights, rows);
            try (var grown = Tokenizer.load(folder)) {
              requireIds(grown, added, first);
              endTurns(folder, grown);
            }
          });
      List<String> embedded =
          isGrown ? List.copyOf(tokenizer.beyond().names().values()) : List.of();
      return new Result(added, embedded, first, rows);
    }
  }

  private SequencedSet<String> wanted() {
    var wanted = new LinkedHashSet<String>();
    template.map(ChatTemplate::tokensOf).ifPresent(wanted::addAll);
    wanted.addAll(tokens);
    return wanted;
  }

  private List<String> missing(Tokenizer tokenizer) {
    return wanted().stream().filter(token -> tokenizer.id(token).isEmpty()).toList();
  }

  /** Whether the tokenizer has a token that is wanted, but the model no row for it. */
  private boolean lacksRows(Tokenizer tokenizer) {
    return wanted().stream()
        .anyMatch(token -> tokenizer.id(token).stream().anyMatch(tokenizer.beyond()::has));
  }

  private static void writeTokenizer(
      Path folder, TokenizerDefinition definition, List<String> added) throws IOException {
    ObjectNode json = definition.json();
    ArrayNode list = json.withArray("added_tokens");
    Path config = folder.resolve("tokenizer_config.json");
    ObjectNode settings = JsonCompanion.read(config).orElse(null);
    Path names = folder.resolve("added_tokens.json");
    ObjectNode ids = JsonCompanion.read(names).orElse(null);
    int id = definition.size();
    for (String token : added) {
      ObjectNode entry = json.objectNode().put("content", token);
      for (String flag : List.of("single_word", "lstrip", "rstrip", "normalized")) {
        entry.put(flag, false);
      }
      entry.put("special", true);
      list.add(entry.deepCopy().put("id", id));
      if (settings != null && settings.get("added_tokens_decoder") instanceof ObjectNode decoder) {
        decoder.set(String.valueOf(id), entry);
      }
      if (ids != null) {
        ids.put(token, id);
      }
      id++;
    }
    Files.writeString(folder.resolve("tokenizer.json"), Json.pretty(json));
    if (settings != null) {
      Files.writeString(config, Json.pretty(settings));
    }
    if (ids != null) {
      Files.writeString(names, Json.pretty(ids));
    }
  }

  /**
   * The old rows, over which those of new tokens are laid: a model may have rows to spare. Tokens
   * that had no row come before the new ones and get one like theirs.
   *
   * @param first one more than the highest id before
   * @param filled rows that tokens have, which may be fewer than there are
   */
  private static WordRows rows(ModelSpec spec, int first, int filled) {
    return (tensor, before, sink) -> {
      long row = before.byteSize() / spec.vocabularySize();
      int kept = Math.min(first, spec.vocabularySize());
      sink.write(before.asSlice(0, kept * row));
      writeMeans(
          tensor.dtype(),
          before,
          kept,
          (int) (row * 8 / tensor.dtype().bits()),
          filled - kept,
          sink);
      if (filled < spec.vocabularySize()) {
        sink.write(before.asSlice(filled * row));
      }
    };
  }

  private static void writeMeans(
      Dtype dtype,
      MemorySegment before,
      int rows,
      int width,
      int count,
      SafetensorsWriter.Sink sink)
      throws IOException {
    double[] sums = new double[width];
    float[] values = new float[width];
    for (int row = 0; row < rows; row++) {
      WeightValues.read(before, dtype, (long) row * width, values, 0, width);
      for (int i = 0; i < width; i++) {
        sums[i] += values[i];
      }
    }
    for (int i = 0; i < width; i++) {
      values[i] = (float) (sums[i] / rows);
    }
    MemorySegment mean = WeightValues.bytes(values, dtype);
    for (int i = 0; i < count; i++) {
      sink.write(mean);
    }
  }

  /** A tokenizer whose ids have gaps gives new tokens others than the file says: texts tell. */
  private void requireIds(Tokenizer grown, List<String> added, int first) {
    for (int i = 0; i < added.size(); i++) {
      if (!Arrays.equals(grown.encode(added.get(i)), new int[] {first + i})) {
        throw new UserException(
            "%s: its tokenizer's ids have gaps, so no token can be added; name another model"
                .formatted(model));
      }
    }
  }

  /** Generation ends where the template ends a turn, too. */
  private void endTurns(Path folder, Tokenizer grown) throws IOException {
    List<String> needed = template.map(ChatTemplate::tokensOf).orElse(List.of());
    Path file = folder.resolve(JsonCompanion.GENERATION_CONFIG);
    if (needed.isEmpty()) {
      return;
    }
    ObjectNode json = JsonCompanion.read(file).orElseGet(JsonNodeFactory.instance::objectNode);
    List<Integer> ends = new ArrayList<>();
    ends.add(grown.id(needed.getLast()).orElseThrow());
    if (json.path("eos_token_id").isArray()) {
      json.path("eos_token_id").forEach(id -> ends.add(id.asInt()));
    } else if (json.path("eos_token_id").isInt()) {
      ends.add(json.path("eos_token_id").asInt());
    } else {
      TokenizerDefinition.read(folder).special("eos_token").ifPresent(ends::add);
    }
    ArrayNode list = json.putArray("eos_token_id");
    ends.stream().distinct().forEach(list::add);
    Files.writeString(file, Json.pretty(json));
  }
}
