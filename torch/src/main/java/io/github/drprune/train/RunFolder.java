package io.github.drprune.train;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.drprune.config.binding.ConfigLoader;
import io.github.drprune.error.UserException;
import io.github.drprune.event.EventLog;
import io.github.drprune.io.AtomicFiles;
import io.github.drprune.json.Json;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** A run's folder, which one process at a time may use. */
public final class RunFolder implements AutoCloseable {
  /** The result of a run, a checkpoint that any runtime loads. */
  public static final String MODEL = "model";

  /** Keys that may differ when a run goes on: they change no step of it. */
  private static final Set<String> FREE =
      Set.of("output", "keep_checkpoints", "checkpoint_interval", "tensorboard", "device");

  private final Path folder;
  private final FileChannel lock;

  private RunFolder(Path folder, FileChannel lock) {
    this.folder = folder;
    this.lock = lock;
  }

  /** Makes the folder where it is absent, and locks it. */
  public static RunFolder open(Path folder) throws IOException {
    Files.createDirectories(folder);
    var lock =
        FileChannel.open(
            folder.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    if (!acquired(lock)) {
      lock.close();
      throw new UserException(
          "output: another process is running in %s; wait for it, stop it or choose another folder"
              .formatted(folder));
    }
    return new RunFolder(folder, lock);
  }

  private static boolean acquired(FileChannel lock) throws IOException {
    try {
      return lock.tryLock() != null;
    } catch (OverlappingFileLockException e) {
      return false; // another run of this process
    }
  }

  public Path path() {
    return folder;
  }

  public Path events() {
    return folder.resolve(EventLog.FILE_NAME);
  }

  public Path checkpoints() {
    return folder.resolve("checkpoints");
  }

  public Path model() {
    return folder.resolve(MODEL);
  }

  /** The page that shows the run. */
  public Path report() {
    return folder.resolve("report.html");
  }

  /** The masks that the model was cut by. */
  public Path masks() {
    return folder.resolve("masks.json");
  }

  /**
   * Writes the configuration of a run that begins; of one that goes on, refuses another one.
   *
   * @param command "prune" or "train", which share no run
   */
  public void claim(String command, Record config) throws IOException {
    Path file = folder.resolve("config.yaml");
    String comment = "# drprune " + command + "\n";
    if (!Files.exists(file)) {
      AtomicFiles.text(file, comment + ConfigLoader.yaml(config));
      return;
    }
    String text = Files.readString(file);
    if (!text.startsWith(comment)) {
      throw new UserException(
          "output: %s holds another command's run (%s); choose another folder"
              .formatted(folder, text.lines().findFirst().orElse("")));
    }
    var before = (ObjectNode) Json.yamlTree(text, file.toString());
    // Through YAML and back, so that numbers are compared as they were read.
    var now = (ObjectNode) Json.yamlTree(ConfigLoader.yaml(config), file.toString());
    List<String> changed = new ArrayList<>();
    var keys = new TreeSet<String>();
    before.fieldNames().forEachRemaining(keys::add);
    now.fieldNames().forEachRemaining(keys::add);
    for (String key : keys) {
      if (!FREE.contains(key) && !before.path(key).equals(now.path(key))) {
        changed.add("%s was %s, is %s".formatted(key, before.path(key), now.path(key)));
      }
    }
    if (!changed.isEmpty()) {
      throw new UserException(
          "output: the run in %s was begun with other settings (%s); choose another folder or go back to them"
              .formatted(folder, String.join("; ", changed)));
    }
  }

  @Override
  public void close() throws IOException {
    lock.close();
  }
}
