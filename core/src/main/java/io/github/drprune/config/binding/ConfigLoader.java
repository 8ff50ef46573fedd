package io.github.drprune.config.binding;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.github.drprune.error.UserException;
import io.github.drprune.io.InputFiles;
import io.github.drprune.json.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Reads a configuration: the defaults of its record's keys, over them a YAML file's values, over
 * them assignments {@code dotted.key=value}. Every mistake is a {@link UserException} that says
 * where the value was written, which key it is, and what would be right.
 */
public final class ConfigLoader {
  private ConfigLoader() {}

  /** The configuration of {@code type} with the defaults of its keys under {@code sets}. */
  public static <T extends Record> T load(List<String> sets, Class<T> type) {
    return bind((ObjectNode) Json.yamlTree("", ""), Optional.empty(), sets, type, given -> {});
  }

  /** The configuration of {@code type}; {@code sets} are read in their order. */
  public static <T extends Record> T load(Optional<Path> file, List<String> sets, Class<T> type)
      throws IOException {
    return load(file, sets, type, given -> {});
  }

  /**
   * {@link #load(Optional, List, Class)} where {@code completing} may put in values that follow
   * from those given.
   */
  public static <T extends Record> T load(
      Optional<Path> file, List<String> sets, Class<T> type, Consumer<ObjectNode> completing)
      throws IOException {
    ObjectNode tree = file.isPresent() ? read(file.get()) : (ObjectNode) Json.yamlTree("", "");
    return bind(tree, file, sets, type, completing);
  }

  /** The configuration that {@link #tree} made {@code tree} of. */
  public static <T extends Record> T of(ObjectNode tree, Class<T> type) {
    return bind(tree, Optional.empty(), List.of(), type, given -> {});
  }

  private static <T extends Record> T bind(
      ObjectNode tree,
      Optional<Path> file,
      List<String> sets,
      Class<T> type,
      Consumer<ObjectNode> completing) {
    Set<String> assigned = new HashSet<>();
    for (String set : sets) {
      assigned.add(assign(tree, set));
    }
    completing.accept(tree);
    var binder = new RecordBinder(ConfigKey.of(type), path -> origin(path, assigned, file));
    return binder.bind(type, tree, "");
  }

  /**
   * Holds a configuration that was not loaded but made by a program to the bounds of its keys.
   *
   * @throws UserException that names the first key out of bounds
   */
  public static void check(Record config) {
    try {
      Bounds.check(config, "");
    } catch (IllegalArgumentException e) {
      throw new UserException(e.getMessage(), e);
    }
  }

  private static ObjectNode read(Path file) throws IOException {
    String text = InputFiles.textOfFileOrPipe(file, "name a YAML file of keys");
    if (Json.yamlTree(text, file.toString()) instanceof ObjectNode tree) {
      return tree;
    }
    throw new UserException(file + ": expected lines of the form 'key: value'");
  }

  /** Puts the assignment's value into the tree and returns its dotted key. */
  private static String assign(ObjectNode tree, String set) {
    int equals = set.indexOf('=');
    String path = equals < 0 ? "" : set.substring(0, equals).strip();
    List<String> names = Arrays.asList(path.split("\\.", -1));
    if (names.contains("")) {
      throw new UserException(set + ": expected key=value, for instance steps=600");
    }
    var parent = tree;
    for (String name : names.subList(0, names.size() - 1)) {
      JsonNode child = parent.get(name);
      parent = child instanceof ObjectNode object ? object : parent.putObject(name);
    }
    parent.set(names.getLast(), new TextNode(set.substring(equals + 1).strip()));
    return path;
  }

  private static String origin(String path, Set<String> assigned, Optional<Path> file) {
    boolean bySet =
        assigned.stream()
            .anyMatch(
                set ->
                    set.equals(path) || path.startsWith(set + ".") || set.startsWith(path + "."));
    return bySet ? "" : file.map(name -> name + ": ").orElse("");
  }

  /** The configuration with every key that has a value, as YAML that reads to an equal record. */
  public static String yaml(Record config) {
    return Json.yaml(tree(config));
  }

  /** Whether a tree says what a key is to be. */
  public static boolean isGiven(ObjectNode keys, String key) {
    return RecordBinder.isGiven(keys.get(key));
  }

  /** The tree of {@link #yaml}. */
  public static ObjectNode tree(Record config) {
    return ConfigTree.of(config);
  }
}
