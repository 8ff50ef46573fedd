package io.github.drprune.vocabulary;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.drprune.json.Json;
import io.github.drprune.tokenizer.TokenizerDefinition;
import io.github.drprune.tokenizer.TokenizerDefinition.Merge;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.IntUnaryOperator;

/** A checkpoint's tokenizer files with fewer tokens under new numbers. */
final class TrimmedTokenizer {
  /** Files that say in another form what {@code tokenizer.json} says; nothing rewrites them. */
  private static final List<String> OTHER_FORMS =
      List.of("tokenizer.model", "vocab.json", "merges.txt");

  /** Special tokens that a {@code tokenizer_config.json} may name. */
  private static final List<String> MARKS =
      List.of(
          "bos_token",
          "eos_token",
          "unk_token",
          "pad_token",
          "sep_token",
          "cls_token",
          "mask_token");

  private final TokenizerDefinition source;
  private final Renumbering ids;

  TrimmedTokenizer(TokenizerDefinition source, Renumbering ids) {
    this.source = source;
    this.ids = ids;
  }

  /** Rewrites the tokenizer's files in {@code folder}, which are the source's. */
  void write(Path folder) throws IOException {
    Files.writeString(folder.resolve("tokenizer.json"), Json.pretty(json()));
    for (String name : OTHER_FORMS) {
      Files.deleteIfExists(folder.resolve(name));
    }
    Path config = folder.resolve("tokenizer_config.json");
    if (JsonCompanion.read(config).orElse(null) instanceof ObjectNode json
        && json.get("added_tokens_decoder") instanceof ObjectNode decoder) {
      ObjectNode renamed = json.putObject("added_tokens_decoder");
      decoder
          .properties()
          .forEach(
              token ->
                  ids.of(Integer.parseInt(token.getKey()))
                      .ifPresent(id -> renamed.set(String.valueOf(id), token.getValue())));
      Files.writeString(config, Json.pretty(json));
    }
    Path added = folder.resolve("added_tokens.json");
    if (JsonCompanion.read(added).orElse(null) instanceof ObjectNode json) {
      renameValues(json);
      Files.writeString(added, Json.pretty(json));
    }
  }

  private ObjectNode json() {
    ObjectNode json = source.json();
    ObjectNode model = (ObjectNode) json.get("model");
    if (model.get("vocab") instanceof ArrayNode pieces) {
      ArrayNode kept = model.putArray("vocab");
      for (int id = 0; id < pieces.size(); id++) {
        if (ids.keeps(id)) {
          kept.add(pieces.get(id));
        }
      }
      if (model.path("unk_id").isInt()) {
        model.put("unk_id", ids.require(model.get("unk_id").asInt()));
      }
    } else {
      renameValues((ObjectNode) model.get("vocab"));
    }
    if (model.get("merges") instanceof ArrayNode merges) {
      ArrayNode kept = model.putArray("merges");
      for (int i = 0; i < merges.size(); i++) {
        if (keeps(source.merges().get(i))) {
          kept.add(merges.get(i));
        }
      }
    }
    for (JsonNode token : json.path("added_tokens")) {
      ((ObjectNode) token).put("id", ids.require(token.get("id").asInt()));
    }
    renameMarks(json, ids::require);
    return json;
  }

  /** The ids that a tokenizer names outside its vocabulary, and that of what it does not know. */
  static Set<Integer> namedIds(TokenizerDefinition tokenizer) {
    ObjectNode json = tokenizer.json();
    Set<Integer> named = new TreeSet<>();
    renameMarks(
        json,
        id -> {
          named.add(id);
          return id;
        });
    MARKS.forEach(mark -> tokenizer.special(mark).ifPresent(named::add));
    JsonNode model = json.path("model");
    if (model.path("unk_id").isInt()) {
      named.add(model.path("unk_id").asInt());
    }
    Integer unknown = tokenizer.pieces().get(model.path("unk_token").asText());
    if (unknown != null) {
      named.add(unknown);
    }
    return named;
  }

  private boolean keeps(Merge merge) {
    return keeps(merge.left()) && keeps(merge.right()) && keeps(merge.piece());
  }

  private boolean keeps(String piece) {
    return ids.keeps(source.pieces().get(piece));
  }

  /** Gives names their new ids; those of tokens that are not kept go. */
  private void renameValues(ObjectNode idByName) {
    ObjectNode all = idByName.deepCopy();
    idByName.removeAll();
    all.properties()
        .forEach(
            token ->
                ids.of(token.getValue().asInt()).ifPresent(id -> idByName.put(token.getKey(), id)));
  }

  /** Gives new ids to what is put around texts, and what short ones are filled up with. */
  private static void renameMarks(ObjectNode json, IntUnaryOperator newId) {
    renameIn(json.path("post_processor"), newId);
    if (json.get("padding") instanceof ObjectNode padding && padding.path("pad_id").isInt()) {
      padding.put("pad_id", newId.applyAsInt(padding.get("pad_id").asInt()));
    }
  }

  /** In lists "ids", or behind a token's name. */
  private static void renameIn(JsonNode processor, IntUnaryOperator newId) {
    for (JsonNode child : processor) {
      if (child instanceof ArrayNode pair
          && pair.size() == 2
          && pair.get(0).isTextual()
          && pair.get(1).isInt()) {
        pair.set(1, IntNode.valueOf(newId.applyAsInt(pair.get(1).asInt())));
      } else {
        renameIn(child, newId);
      }
    }
    if (processor.path("ids") instanceof ArrayNode marks) {
      for (int i = 0; i < marks.size(); i++) {
        marks.set(i, IntNode.valueOf(newId.applyAsInt(marks.get(i).asInt())));
      }
    }
  }
}
