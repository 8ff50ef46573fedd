package io.github.drprune.tasks.file;

import io.github.drprune.error.UserException;
import io.github.drprune.json.Suggestion;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The tasks, groups and tags that the YAML files of some folders define, by name. As in the
 * harness, a later folder's definition of a name counts, and of one folder's the first.
 */
public final class TaskLibrary {
  /** What is defined in a file. */
  private record Entry(Path file, Map<String, Object> keys) {
    boolean isGroup() {
      return keys.containsKey("group") && !keys.containsKey("class");
    }

    String name() {
      return String.valueOf(keys.get(isGroup() ? "group" : "task"));
    }

    boolean isNamed() {
      return keys.get(isGroup() ? "group" : "task") instanceof String;
    }
  }

  private final Map<String, Entry> entries = new TreeMap<>();
  private final Map<String, TreeSet<String>> tags = new TreeMap<>();
  private final List<UserException> broken = new ArrayList<>();

  /** The tasks that are built in, and those that {@code folders} define, which count before. */
  public static TaskLibrary withBuiltIn(List<Path> folders) throws IOException {
    List<Path> all = new ArrayList<>(List.of(BuiltInTasks.folder()));
    all.addAll(folders);
    return of(all);
  }

  /** Finds the definitions in {@code folders}, those below them included. */
  public static TaskLibrary of(List<Path> folders) throws IOException {
    var library = new TaskLibrary();
    for (Path folder : folders) {
      library.add(folder);
    }
    return library;
  }

  private void add(Path folder) throws IOException {
    Map<String, Entry> found = new LinkedHashMap<>();
    for (Path file : files(folder)) {
      try {
        var entry = new Entry(file, TaskYaml.read(file));
        if (entry.isNamed()) {
          found.putIfAbsent(entry.name(), entry);
        }
      } catch (UserException e) {
        // It may be of no concern: told if a name is not found.
        broken.add(e);
      }
    }
    found.values().forEach(this::register);
  }

  private void register(Entry entry) {
    entries.put(entry.name(), entry);
    if (!entry.isGroup()) {
      for (String tag : new Keys(entry.file().toString(), entry.keys()).texts("tag")) {
        tags.computeIfAbsent(tag, _ -> new TreeSet<>()).add(entry.name());
      }
    }
  }

  private static List<Path> files(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      throw new UserException(folder + ": no such folder of task files; check the path");
    }
    try (var files = Files.walk(folder)) {
      return files
          .filter(file -> file.toString().endsWith(".yaml") && Files.isRegularFile(file))
          .sorted((a, b) -> a.toString().compareTo(b.toString()))
          .toList();
    }
  }

  /**
   * Tasks and groups that were asked for.
   *
   * @param tasks each once, those of groups included
   */
  public record Selection(List<TaskConfig> tasks, List<TaskGroup> groups) {}

  /**
   * Finds what {@code names} name: tasks, groups, tags, patterns such as {@code mmlu_*}, files, or
   * folders for all tasks in them.
   */
  public Selection select(List<String> names) throws IOException {
    var builder = new SelectionBuilder(this);
    for (String name : names) {
      Path path = Path.of(name);
      if (entries.containsKey(name) || tags.containsKey(name)) {
        builder.add(name);
      } else if (Files.isRegularFile(path)) {
        var entry = new Entry(path, TaskYaml.read(path));
        if (!entry.isNamed()) {
          throw new UserException(path + ": names neither a task nor a group; add the key 'task'");
        }
        register(entry);
        builder.add(entry.name());
      } else if (Files.isDirectory(path)) {
        addFolder(path, builder);
      } else {
        matching(name).forEach(builder::add);
      }
    }
    return builder.build();
  }

  private void addFolder(Path folder, SelectionBuilder builder) throws IOException {
    TaskLibrary own = of(List.of(folder));
    if (!own.broken.isEmpty()) {
      throw own.broken.getFirst();
    }
    if (own.entries.isEmpty()) {
      throw new UserException(folder + ": no task file (*.yaml with the key 'task') is in it");
    }
    own.entries.values().forEach(this::register);
    own.entries.keySet().forEach(builder::add);
  }

  private List<String> matching(String pattern) {
    if (pattern.contains("*") || pattern.contains("?")) {
      var matcher = FileSystems.getDefault().getPathMatcher("glob:" + pattern);
      List<String> names =
          entries.keySet().stream().filter(name -> matcher.matches(Path.of(name))).toList();
      if (!names.isEmpty()) {
        return names;
      }
    }
    throw unknown(pattern);
  }

  private UserException unknown(String name) {
    var known = new TreeSet<>(entries.keySet());
    known.addAll(tags.keySet());
    String reason =
        broken.isEmpty() ? "" : "; a file could not be read: " + broken.getFirst().getMessage();
    return UserException.at(
        "tasks",
        "no task, group, tag, file or folder '%s'%s%s"
            .formatted(name, Suggestion.among(name, known), reason),
        "name the folder of its file with --include");
  }

  boolean isGroup(String name) {
    return entries.containsKey(name) && entries.get(name).isGroup();
  }

  boolean isTask(String name) {
    return entries.containsKey(name) && !entries.get(name).isGroup();
  }

  /** The tasks of a tag in the order of their names, or null where there is no such tag. */
  TreeSet<String> tagged(String name) {
    return tags.get(name);
  }

  Path file(String name) {
    return entries.get(name).file();
  }

  /** The keys of a task or group. */
  Map<String, Object> keys(String name) {
    return new LinkedHashMap<>(entries.get(name).keys());
  }
}
