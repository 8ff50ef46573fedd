package io.github.drprune.tasks.documents;

import io.github.drprune.error.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.regex.Pattern;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;
import org.yaml.snakeyaml.error.YAMLException;

/**
 * The splits in the folder of a data set: as its {@code README.md} lists them, else by the names of
 * files.
 *
 * @see <a href="https://huggingface.co/docs/hub/datasets-data-files-configuration">The hub's
 *     rules</a>
 */
final class DatasetFolder {
  private static final Map<String, List<String>> WORDS =
      Map.of(
          "train", List.of("train", "training"),
          "validation", List.of("validation", "valid", "val", "dev"),
          "test", List.of("test", "testing"),
          "eval", List.of("eval", "evaluation"));
  private static final Pattern DATA = Pattern.compile(".*\\.(parquet|jsonl?|ndjson)");

  private DatasetFolder() {}

  /**
   * The files of each split.
   *
   * @param subset the configuration of the data set
   */
  static SequencedMap<String, List<Path>> splits(Path folder, Optional<String> subset)
      throws IOException {
    var listed = listed(folder, subset);
    if (!listed.isEmpty()) {
      return listed;
    }
    Path inner = folder.resolve(subset.orElse("."));
    var named = byName(Files.isDirectory(inner) ? inner : folder, subset);
    if (named.isEmpty()) {
      throw new UserException(
          "%s: no Parquet or JSON file%s whose name or folder tells its split"
              .formatted(folder, subset.map(name -> " of '" + name + "'").orElse("")));
    }
    return named;
  }

  private static SequencedMap<String, List<Path>> listed(Path folder, Optional<String> subset)
      throws IOException {
    SequencedMap<String, List<Path>> splits = new LinkedHashMap<>();
    for (Object config : configurations(folder.resolve("README.md"))) {
      if (config instanceof Map<?, ?> keys
          && String.valueOf(keys.get("config_name")).equals(subset.orElse("default"))
          && keys.get("data_files") instanceof List<?> files) {
        for (Object file : files) {
          addListed(folder, file, splits);
        }
      }
    }
    splits.values().removeIf(List::isEmpty);
    return splits;
  }

  private static void addListed(Path folder, Object file, SequencedMap<String, List<Path>> splits)
      throws IOException {
    if (file instanceof Map<?, ?> keys) {
      List<Path> found =
          splits.computeIfAbsent(String.valueOf(keys.get("split")), _ -> new ArrayList<>());
      Object paths = keys.get("path");
      for (Object path : paths instanceof List<?> list ? list : List.of(paths)) {
        found.addAll(DatasetFinder.matching(folder, path.toString()));
      }
    }
  }

  /** The list {@code configs} between the first two lines of dashes of {@code readme}. */
  private static List<?> configurations(Path readme) throws IOException {
    if (!Files.isRegularFile(readme)) {
      return List.of();
    }
    String[] parts = Files.readString(readme).split("(?m)^---\\s*$", 3);
    if (parts.length < 3) {
      return List.of();
    }
    try {
      Object keys = new Yaml(new SafeConstructor(new LoaderOptions())).load(parts[1]);
      return keys instanceof Map<?, ?> map && map.get("configs") instanceof List<?> configs
          ? configs
          : List.of();
    } catch (YAMLException e) {
      // The names of the files still tell.
      return List.of();
    }
  }

  private static SequencedMap<String, List<Path>> byName(Path folder, Optional<String> subset)
      throws IOException {
    SequencedMap<String, List<Path>> splits = new LinkedHashMap<>();
    List<Path> files;
    try (var walk = Files.walk(folder, 3)) {
      files =
          walk.filter(file -> Files.isRegularFile(file) && DATA.matcher(file.toString()).matches())
              .sorted()
              .toList();
    }
    String own =
        subset.map(name -> "(^|.*[/_.-])" + Pattern.quote(name) + "([/_.-].*|$)").orElse(".*");
    boolean isNamed = files.stream().anyMatch(file -> relative(folder, file).matches(own));
    for (Path file : files) {
      String name = relative(folder, file);
      if (!isNamed || name.matches(own)) {
        split(name)
            .ifPresent(split -> splits.computeIfAbsent(split, _ -> new ArrayList<>()).add(file));
      }
    }
    if (splits.isEmpty() && files.size() == 1) {
      splits.put("train", files);
    }
    return splits;
  }

  private static String relative(Path folder, Path file) {
    return folder.relativize(file).toString();
  }

  private static Optional<String> split(String name) {
    return WORDS.entrySet().stream()
        .filter(
            split ->
                split.getValue().stream()
                    .anyMatch(word -> name.matches("(.*[/_.-])?" + word + "([/_.-].*)?")))
        .map(Map.Entry::getKey)
        .sorted()
        .findFirst();
  }
}
