package io.github.drprune.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.drprune.error.UserException;
import java.util.Arrays;
import java.util.Set;

/** The keys of a {@code config.json} that list or count something for each layer. */
final class PerLayerKeys {
  /** Lists with an entry for each layer that no file may have at another length. */
  private static final Set<String> LISTS =
      Set.of("layer_types", "mlp_layer_types", "no_rope_layers", "layers_block_type");

  /** Of these the ones that describe MLPs; all others describe attention. */
  private static final Set<String> OF_MLP = Set.of("mlp_layer_types");

  /** Counts the first layers. */
  private static final String LEADING = "max_window_layers";

  private PerLayerKeys() {}

  /**
   * Refuses a list that does not have one entry a layer.
   *
   * @throws UserException naming the key
   */
  static void check(ObjectNode json, int layers) {
    for (String key : LISTS) {
      JsonNode list = json.path(key);
      if (list.isArray() && list.size() != layers) {
        throw new UserException(
            "%s: has %d entries for %d layers; it needs one for each"
                .formatted(key, list.size(), layers));
      }
    }
  }

  /** The configuration with the entries of the layers given, which are its own. */
  static ObjectNode select(ObjectNode json, int[] attention, int[] mlp) {
    ObjectNode selected = json.deepCopy();
    selected.put("num_hidden_layers", attention.length);
    int layers = json.path("num_hidden_layers").asInt();
    json.properties()
        .forEach(
            entry -> {
              if (isPerLayer(entry.getKey(), entry.getValue(), layers)) {
                ArrayNode kept = selected.putArray(entry.getKey());
                for (int layer : OF_MLP.contains(entry.getKey()) ? mlp : attention) {
                  kept.add(entry.getValue().get(layer));
                }
              }
            });
    if (json.path(LEADING).isInt()) {
      int leading = json.path(LEADING).asInt();
      selected.put(LEADING, Arrays.stream(attention).filter(layer -> layer < leading).count());
    }
    return selected;
  }

  /** A list of a name that is not known counts when its name and its length speak for it. */
  private static boolean isPerLayer(String key, JsonNode value, int layers) {
    return value.isArray()
        && value.size() == layers
        && (LISTS.contains(key) || key.contains("layer"));
  }
}
