package io.github.drprune.run;

import io.github.drprune.config.binding.ConfigLoader;
import io.github.drprune.error.UserException;
import io.github.drprune.io.AtomicFiles;
import io.github.drprune.io.Locks;
import io.github.drprune.json.Json;
import io.github.drprune.model.CheckpointCheck;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** A run's folder, which one process at a time may use. */
public final class RunFolder implements AutoCloseable {
  /** The result of a run, a checkpoint that any runtime loads. */
  public static final String MODEL = "model";

  private static final String LOCK = "lock";
  private static final String ORIGIN = "origin.json";
  private static final String CONFIG = "config.yaml";
  private static final String REPORT = "report.html";
  private static final String MASKS = "masks.json";

  private final Path folder;
  private final boolean isFresh;
  private final FileChannel lock;
  private boolean claimed;

  private RunFolder(Path folder, boolean isFresh, FileChannel lock) {
    this.folder = folder;
    this.isFresh = isFresh;
    this.lock = lock;
  }

  /**
   * Makes the folder where it is absent, and locks it.
   *
   * @throws UserException where it holds what no run has written, or another process runs in it
   */
  public static RunFolder open(Path folder) throws IOException {
    requireOwn(folder);
    boolean isFresh = !Files.exists(folder);
    Files.createDirectories(folder);
    var lock =
        Locks.open(folder.resolve(LOCK))
            .orElseThrow(
                () ->
                    UserException.at(
                        "output",
                        "another process is running in " + folder,
                        "wait for it, stop it or choose another folder"));
    return new RunFolder(folder, isFresh, lock);
  }

  /** Refuses a folder with files that a run would replace, unless one has written them. */
  private static void requireOwn(Path folder) throws IOException {
    if (isBegun(folder) || CheckpointNames.isAnyIn(checkpoints(folder))) {
      return;
    }
    for (String name : List.of(MODEL, EventLog.FILE_NAME, CONFIG, REPORT, MASKS)) {
      if (Files.exists(folder.resolve(name))) {
        throw UserException.at(
            "output",
            "%s holds %s, which no run has written".formatted(folder, name),
            "choose another folder");
      }
    }
  }

  public Path path() {
    return folder;
  }

  public Path events() {
    return folder.resolve(EventLog.FILE_NAME);
  }

  /** Whether a run has taken its first step in {@code folder}. */
  public static boolean isBegun(Path folder) {
    return Files.isRegularFile(folder.resolve(ORIGIN));
  }

  /** Where the run in {@code folder} keeps its checkpoints. */
  public static Path checkpoints(Path folder) {
    return folder.resolve("checkpoints");
  }

  public Path model() {
    return model(folder);
  }

  /** Where the run in {@code folder} leaves its result. */
  public static Path model(Path folder) {
    return folder.resolve(MODEL);
  }

  /** The page that shows the run. */
  public Path report() {
    return folder.resolve(REPORT);
  }

  /** The masks that the model was cut by. */
  public Path masks() {
    return folder.resolve(MASKS);
  }

  /** What the run that the folder holds goes by; empty where that cannot be read. */
  public Optional<RunOrigin> origin() {
    Path file = folder.resolve(ORIGIN);
    try {
      return Files.isRegularFile(file)
          ? Optional.of(Json.read(file, RunOrigin.class))
          : Optional.empty();
    } catch (UserException | IOException e) {
      // Damaged: whole checkpoints know it as well.
      return Optional.empty();
    }
  }

  /** Whether the result is there with all its files. */
  public boolean hasResult() throws IOException {
    if (!Files.exists(model())) {
      return false;
    }
    try {
      CheckpointCheck.of(model());
      return true;
    } catch (UserException e) {
      return false;
    }
  }

  /** The last event of the log, where the log can be read. */
  public Optional<RunEvent> lastEvent() {
    try {
      List<RunEvent> events = Files.exists(events()) ? EventLog.read(events()) : List.of();
      return events.isEmpty() ? Optional.empty() : Optional.of(events.getLast());
    } catch (UserException | IOException e) {
      return Optional.empty();
    }
  }

  /** Writes what a run goes by, just before its first step. */
  public void claim(RunOrigin origin, Record config) throws IOException {
    claimed = true;
    // First, as it says whose folder it is.
    AtomicFiles.text(folder.resolve(ORIGIN), Json.pretty(origin));
    String comment = "# drprune " + origin.command() + "\n";
    AtomicFiles.text(folder.resolve(CONFIG), comment + ConfigLoader.yaml(config));
  }

  /**
   * Gives the log the content it had at a checkpoint.
   *
   * @param kept the checkpoint's copy of the log
   * @return whether it had lost some of that
   */
  public boolean restoreLog(Path kept) throws IOException {
    if (Files.exists(events())) {
      long same = Files.mismatch(events(), kept);
      if (same < 0 || same >= Files.size(kept)) {
        return false;
      }
    }
    AtomicFiles.file(
        events(),
        partial -> {
          Files.deleteIfExists(partial);
          AtomicFiles.copy(kept, partial);
        });
    return true;
  }

  /** Removes what a crash between result and last event left. */
  public void clearResult() throws IOException {
    AtomicFiles.deleteTree(model());
    Files.deleteIfExists(masks());
  }

  /** A run that was refused leaves a folder that was not there as it was. */
  @Override
  public void close() throws IOException {
    if (!claimed && isFresh) {
      Files.deleteIfExists(folder.resolve(LOCK));
      try (var entries = Files.list(folder)) {
        if (entries.findAny().isEmpty()) {
          Files.delete(folder);
        }
      }
    }
    lock.close();
  }
}
