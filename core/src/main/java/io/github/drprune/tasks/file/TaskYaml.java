package io.github.drprune.tasks.file;

import io.github.drprune.error.UserException;
import io.github.drprune.io.InputFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.AbstractConstruct;
import org.yaml.snakeyaml.constructor.Construct;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.Tag;

/**
 * Reads the YAML of the harness: version 1.1, as Python's library takes it, with {@code !function}
 * and {@code include}. Values are String, Long, Double, Boolean, List, Map, {@link FunctionName} or
 * null.
 */
final class TaskYaml {
  private static final String INCLUDE = "include";

  private TaskYaml() {}

  /** The keys of {@code file} over those of the files that it includes. */
  static Map<String, Object> read(Path file) throws IOException {
    return read(file, new LinkedHashSet<>());
  }

  private static Map<String, Object> read(Path file, Set<Path> including) throws IOException {
    Path path = file.toAbsolutePath().normalize();
    if (!including.add(path)) {
      throw new UserException("%s: includes itself; leave one include out".formatted(file));
    }
    Map<String, Object> own = keys(file);
    Map<String, Object> all = new LinkedHashMap<>();
    for (Object name : includes(own.remove(INCLUDE), file)) {
      Path included = file.resolveSibling(name.toString());
      if (!Files.exists(included)) {
        throw new UserException(
            "%s: include: no file %s; name one beside this file".formatted(file, included));
      }
      Map<String, Object> inherited = read(included, including);
      // What it lists is for its own name.
      inherited.remove("task_list");
      all.putAll(inherited);
    }
    all.putAll(own);
    including.remove(path);
    return all;
  }

  private static List<?> includes(Object value, Path file) {
    return switch (value) {
      case null -> List.of();
      case String name -> List.of(name);
      case List<?> names when names.stream().allMatch(String.class::isInstance) -> names;
      default ->
          throw new UserException(
              "%s: include: must name a file or list files, not %s".formatted(file, value));
    };
  }

  private static Map<String, Object> keys(Path file) throws IOException {
    Object read;
    try {
      read = new Yaml(new Values(file)).load(InputFiles.text(file));
    } catch (MarkedYAMLException e) {
      var mark = e.getProblemMark();
      throw new UserException(
          "%s:%d: not valid YAML: %s"
              .formatted(file, mark == null ? 1 : mark.getLine() + 1, e.getProblem()),
          e);
    } catch (YAMLException e) {
      throw new UserException("%s: not valid YAML: %s".formatted(file, e.getMessage()), e);
    }
    if (!(plain(read) instanceof Map<?, ?> map)) {
      throw new UserException(file + ": no keys with values; is it a task file?");
    }
    Map<String, Object> keys = new LinkedHashMap<>();
    map.forEach((key, value) -> keys.put(String.valueOf(key), value));
    return keys;
  }

  /** Whole numbers as Long, and everything in containers of the same kind. */
  private static Object plain(Object value) {
    return switch (value) {
      case Integer number -> (long) number;
      case List<?> list -> {
        List<Object> values = new ArrayList<>();
        list.forEach(element -> values.add(plain(element)));
        yield values;
      }
      case Map<?, ?> map -> {
        Map<Object, Object> values = new LinkedHashMap<>();
        map.forEach((key, element) -> values.put(plain(key), plain(element)));
        yield values;
      }
      case null, default -> value;
    };
  }

  /** The values of YAML 1.1, and functions. */
  private static final class Values extends SafeConstructor {
    private final Path file;

    Values(Path file) {
      super(new LoaderOptions());
      this.file = file;
      Path folder = file.toAbsolutePath().getParent();
      yamlConstructors.put(
          new Tag("!function"),
          new AbstractConstruct() {
            @Override
            public Object construct(Node node) {
              if (node instanceof ScalarNode scalar) {
                return new FunctionName(scalar.getValue(), folder);
              }
              throw new YAMLException("!function must be followed by module.function");
            }
          });
    }

    /** A node is made in two steps where an alias below it names it. */
    @Override
    protected Construct getConstructor(Node node) {
      if (node.isTwoStepsConstruction()) {
        throw new UserException(
            "%s:%d: an anchor holds itself; write the value out"
                .formatted(file, node.getStartMark().getLine() + 1));
      }
      return super.getConstructor(node);
    }
  }
}
