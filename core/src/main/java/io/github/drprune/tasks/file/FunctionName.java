package io.github.drprune.tasks.file;

import java.nio.file.Path;

/**
 * A Python function that a task file names with {@code !function}.
 *
 * @param name as written, {@code module.function}
 * @param folder of the file that names it
 */
public record FunctionName(String name, Path folder) {
  /** Where the harness would look for the module. */
  public Path module() {
    int dot = name.lastIndexOf('.');
    return folder.resolve(name.substring(0, Math.max(dot, 0)).replace('.', '/') + ".py");
  }

  @Override
  public String toString() {
    return "!function " + name;
  }
}
