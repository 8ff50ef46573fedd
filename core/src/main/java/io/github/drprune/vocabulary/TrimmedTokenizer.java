package io.github.drprune.vocabulary;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.IntNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.drprune.io.InputFiles;
import io.github.drprune.json.Json;
import io.github.drprune.tokenizer.TokenizerDefinition;
import io.github.drprune.tokenizer.TokenizerDefinition.Merge;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A checkpoint's tokenizer files with fewer tokens under new numbers. */
final class TrimmedTokenizer {
  /** Files that say in another form what {@code tokenizer.json} says; nothing rewrites them. */
  private static final List<String> OTHER_FORMS =
      List.of("tokenizer.model", "vocab.json", "merges.txt");

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
    if (object(config) instanceof ObjectNode json
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
    if (object(added) instanceof ObjectNode json) {
      renameValues(json);
      Files.writeString(added, Json.pretty(json));
    }
  }

  private static JsonNode object(Path file) throws IOException {
    return Files.isRegularFile(file) ? Json.tree(InputFiles.text(file), file.toString()) : null;
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
    renameMarks(json.path("post_processor"));
    if (json.get("padding") instanceof ObjectNode padding && padding.path("pad_id").isInt()) {
      padding.put("pad_id", ids.require(padding.get("pad_id").asInt()));
    }
    return json;
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

  /** The ids of tokens that are put around texts: in lists "ids", or behind a token's name. */
  private void renameMarks(JsonNode processor) {
    for (JsonNode child : processor) {
      if (child instanceof ArrayNode pair
          && pair.size() == 2
          && pair.get(0).isTextual()
          && pair.get(1).isInt()) {
        pair.set(1, IntNode.valueOf(ids.require(pair.get(1).asInt())));
      } else {
        renameMarks(child);
      }
    }
    if (processor.path("ids") instanceof ArrayNode marks) {
      for (int i = 0; i < marks.size(); i++) {
        marks.set(i, IntNode.valueOf(ids.require(marks.get(i).asInt())));
      }
    }
  }
}
