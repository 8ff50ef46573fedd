package io.github.drprune.tasks.documents;

import io.github.drprune.error.UserException;
import io.github.drprune.tasks.file.Keys;
import io.github.drprune.tasks.file.TaskConfig;
import io.github.drprune.tasks.file.TaskConfig.Source;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.stream.Stream;

/**
 * Finds the files of a data set: those that a task file names, or a folder with the name of a data
 * set on the hub, as a download leaves it.
 *
 * @param data folders to look in, the first before the others
 */
public record DatasetFinder(List<Path> data) {
  private static final Set<String> BUILDERS = Set.of("json", "parquet");

  /** The splits of a task's documents; relative paths are looked for beside its file first. */
  public Splits find(TaskConfig task) throws IOException {
    Source source = task.source();
    Path file = task.file();
    Keys arguments = source.arguments();
    Optional<String> field = arguments.text("field");
    if (BUILDERS.contains(source.path())) {
      return new Splits(task.place(), named(arguments, file), field);
    }
    List<Path> tried = candidates(task);
    for (Path folder : tried) {
      if (Files.isDirectory(folder)) {
        Path root = snapshot(folder);
        var files =
            arguments.has("data_files")
                ? named(arguments, root.resolve(file.getFileName().toString()))
                : DatasetFolder.splits(root, source.subset());
        return new Splits(task.place(), files, field);
      }
    }
    String lookedFor = tried.isEmpty() ? "" : " (looked for %s)".formatted(tried);
    throw new UserException(
        "%s: dataset_path: no folder with the data set %s; download it and name the folder it is in with --data%s"
            .formatted(task.place(), source.path(), lookedFor));
  }

  private List<Path> candidates(TaskConfig task) {
    String name = task.source().path();
    List<Path> candidates = new ArrayList<>();
    String last = name.substring(name.lastIndexOf('/') + 1);
    for (Path folder : data) {
      candidates.add(folder.resolve(name));
      candidates.add(folder.resolve("datasets--" + name.replace("/", "--")));
      candidates.add(folder.resolve(name.replace("/", "--")));
      candidates.add(folder.resolve(last));
    }
    if (!task.isBuiltIn()) {
      candidates.add(task.file().resolveSibling(name));
    }
    return candidates.stream().distinct().toList();
  }

  /** In the hub's cache the files lie in a folder for each version; the newest counts. */
  private static Path snapshot(Path folder) throws IOException {
    Path snapshots = folder.resolve("snapshots");
    if (!Files.isDirectory(snapshots)) {
      return folder;
    }
    Path main = folder.resolve("refs/main");
    if (Files.isRegularFile(main)) {
      Path named = snapshots.resolve(Files.readString(main).strip());
      if (Files.isDirectory(named)) {
        return named;
      }
    }
    try (var versions = Files.list(snapshots)) {
      return versions.sorted().findFirst().orElse(folder);
    }
  }

  private SequencedMap<String, List<Path>> named(Keys arguments, Path file) throws IOException {
    Object value = arguments.value("data_files");
    SequencedMap<String, List<Path>> splits = new LinkedHashMap<>();
    switch (value) {
      case null ->
          throw new UserException(
              "%s: data_files: is missing; name the files of the documents"
                  .formatted(arguments.place()));
      case Map<?, ?> map -> {
        for (var split : map.entrySet()) {
          splits.put(String.valueOf(split.getKey()), files(split.getValue(), arguments, file));
        }
      }
      default -> splits.put("train", files(value, arguments, file));
    }
    return splits;
  }

  private List<Path> files(Object value, Keys arguments, Path file) throws IOException {
    List<Path> found = new ArrayList<>();
    for (Object name : value instanceof List<?> list ? list : List.of(value)) {
      if (!(name instanceof String text)) {
        throw arguments.wrong("data_files", "must be names of files, by split", value);
      }
      found.addAll(file(text, arguments, file));
    }
    return found;
  }

  private List<Path> file(String name, Keys arguments, Path file) throws IOException {
    Stream<Path> folders =
        Stream.concat(
            Stream.of(file.toAbsolutePath().getParent()),
            Stream.concat(data.stream(), Stream.of(Path.of(""))));
    String inFolder = arguments.text("data_dir").map(folder -> folder + "/" + name).orElse(name);
    for (Path folder : (Iterable<Path>) folders::iterator) {
      List<Path> found = matching(folder, inFolder);
      if (!found.isEmpty()) {
        return found;
      }
    }
    throw new UserException(
        "%s: data_files: no file %s, neither beside the task file nor in the folders of --data"
            .formatted(arguments.place(), inFolder));
  }

  static List<Path> matching(Path folder, String pattern) throws IOException {
    if (!pattern.matches(".*[*?\\[{].*")) {
      Path file = folder.resolve(pattern);
      return Files.isRegularFile(file) ? List.of(file) : List.of();
    }
    var matcher = FileSystems.getDefault().getPathMatcher("glob:" + pattern);
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (var files = Files.walk(folder, 8)) {
      return files
          .filter(Files::isRegularFile)
          .filter(path -> matcher.matches(folder.relativize(path)))
          .sorted()
          .toList();
    }
  }
}
