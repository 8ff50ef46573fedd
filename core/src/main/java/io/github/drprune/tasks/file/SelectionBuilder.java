package io.github.drprune.tasks.file;

import io.github.drprune.error.UserException;
import io.github.drprune.tasks.file.TaskLibrary.Selection;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Resolves names to tasks. A group gives its tasks the keys that are not its own, and an entry of
 * its list the keys beside the name; tasks and groups that are defined there are called {@code
 * group::name}.
 */
final class SelectionBuilder {
  private final TaskLibrary library;
  private final Map<String, TaskConfig> tasks = new LinkedHashMap<>();
  private final Map<String, TaskGroup> groups = new LinkedHashMap<>();
  private final Set<String> open = new LinkedHashSet<>();

  SelectionBuilder(TaskLibrary library) {
    this.library = library;
  }

  Selection build() {
    return new Selection(List.copyOf(tasks.values()), List.copyOf(groups.values()));
  }

  /** Adds a task, the tasks of a tag, or a group with all its tasks. */
  void add(String name) {
    named(name, Map.of());
  }

  /** Those of {@code name} with {@code changes} over their keys; the names of the tasks. */
  private List<String> named(String name, Map<String, Object> changes) {
    if (library.isGroup(name)) {
      return group(name, library.file(name), library.keys(name), changes);
    }
    if (library.isTask(name)) {
      return List.of(task(name, changes));
    }
    return library.tagged(name).stream().map(task -> task(task, changes)).toList();
  }

  private String task(String name, Map<String, Object> changes) {
    Map<String, Object> keys = library.keys(name);
    keys.putAll(changes);
    keys.put("task", name);
    return define(library.file(name), keys);
  }

  private String define(Path file, Map<String, Object> keys) {
    keys.keySet().removeAll(Set.of("tag", "group", "task_list"));
    var task = TaskConfig.of(file, new Keys(TaskConfig.place(file), keys));
    tasks.put(task.name(), task);
    return task.name();
  }

  private List<String> group(
      String name, Path file, Map<String, Object> keys, Map<String, Object> changes) {
    if (!open.add(name)) {
      throw new UserException("%s: group %s contains itself".formatted(file, name));
    }
    Map<String, Object> forTasks = new LinkedHashMap<>(keys);
    forTasks.keySet().removeAll(TaskGroup.KEYS);
    forTasks.putAll(changes);
    var own = new Keys(TaskConfig.place(file), keys);
    List<String> members = new ArrayList<>();
    for (Object member : own.list("task")) {
      members.addAll(member(member, name, file, forTasks));
    }
    open.remove(name);
    groups.put(name, new TaskGroup(name, members, TaskGroup.means(own)));
    return members;
  }

  private List<String> member(Object member, String group, Path file, Map<String, Object> changes) {
    if (member instanceof String name) {
      requireDefined(name, group, file);
      return named(name, changes);
    }
    Map<String, Object> own = Keys.of(TaskConfig.place(file), "task", member).values();
    Map<String, Object> all = new LinkedHashMap<>(changes);
    if (own.get("group") instanceof String name) {
      if (!library.isGroup(name)) {
        return group(group + "::" + name, file, own, changes);
      }
      all.putAll(own);
      all.remove("group");
      return named(name, all);
    }
    if (!(own.get("task") instanceof String name)) {
      throw new UserException(
          "%s: group %s: an entry names neither task nor group".formatted(file, group));
    }
    all.putAll(own);
    if (!library.isTask(name) && !library.isGroup(name) && library.tagged(name) == null) {
      all.put("task", group + "::" + name);
      return List.of(define(file, all));
    }
    return named(name, all);
  }

  private void requireDefined(String name, String group, Path file) {
    if (!library.isTask(name) && !library.isGroup(name) && library.tagged(name) == null) {
      throw new UserException(
          "%s: group %s: no task, group or tag '%s'; name the folder of its file with --include"
              .formatted(file, group, name));
    }
  }
}
