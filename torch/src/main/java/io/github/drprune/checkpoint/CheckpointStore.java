package io.github.drprune.checkpoint;

import io.github.drprune.checkpoint.CheckpointManifest.FileCheck;
import io.github.drprune.distributed.GlobalTensor;
import io.github.drprune.distributed.ProcessGroup;
import io.github.drprune.error.UserException;
import io.github.drprune.io.AtomicFiles;
import io.github.drprune.json.Json;
import io.github.drprune.run.CheckpointNames;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.Consumer;

/**
 * A run's checkpoints, one folder {@code step-N} each, that appear whole or not at all: written
 * beside under another name, then renamed. A crash at any instant leaves the ones before it.
 */
public final class CheckpointStore {
  private final Path folder;
  private final int keep;
  private final ProcessGroup processes;

  /**
   * @param keep how many checkpoints stay; older ones are deleted
   * @param processes that write them together
   */
  public CheckpointStore(Path folder, int keep, ProcessGroup processes) {
    this.folder = folder;
    this.keep = keep;
    this.processes = processes;
  }

  /** The checkpoint of {@code step} among those in {@code folder}. */
  public static Checkpoint at(Path folder, long step) {
    return new Checkpoint(step, CheckpointNames.folder(folder, step));
  }

  /**
   * Clears the way for a run that goes on after {@code step}: drops what a crash left, and the
   * checkpoints of later steps, which are damaged and must neither count as kept nor stand in the
   * way of whole ones.
   */
  public void beginAfter(long step) throws IOException {
    Files.createDirectories(folder);
    try (var entries = Files.list(folder)) {
      for (Path entry : (Iterable<Path>) entries::iterator) {
        if (entry.toString().endsWith(AtomicFiles.PARTIAL)) {
          AtomicFiles.deleteTree(entry);
        }
      }
    }
    for (Checkpoint later : list()) {
      if (later.step() > step) {
        discard(later.folder());
      }
    }
  }

  /**
   * Writes the checkpoint of {@code step} and drops the oldest ones. To be called by every process:
   * each writes its pieces of {@code tensors}, and the first one the rest.
   *
   * @param tensors float32 tensors by name, by the name of the file to put them in
   * @param state everything else
   * @param log the run's log, of which the first {@code logBytes} are kept with the rest
   */
  public void save(
      long step,
      SequencedMap<String, SequencedMap<String, GlobalTensor>> tensors,
      Record state,
      Path log,
      long logBytes)
      throws IOException {
    Path target = at(folder, step).folder();
    processes.together(
        () -> {
          if (!processes.isFirst()) {
            writeTensors(AtomicFiles.partialOf(target), tensors);
            return;
          }
          AtomicFiles.deleteTree(target);
          AtomicFiles.folder(
              target,
              partial -> {
                Map<String, FileCheck> written = writeTensors(partial, tensors);
                copy(log, logBytes, partial.resolve(Checkpoint.LOG));
                Files.writeString(partial.resolve(Checkpoint.STATE), Json.pretty(state));
                Files.writeString(
                    partial.resolve(CheckpointManifest.FILE),
                    Json.pretty(CheckpointManifest.describe(partial, step, written)));
              });
          dropOldest();
        });
  }

  private void dropOldest() throws IOException {
    List<Checkpoint> all = list();
    for (Checkpoint old : all.subList(Math.min(keep, all.size()), all.size())) {
      discard(old.folder());
    }
  }

  /** Writes this process's pieces once the folder is there; gives what all processes wrote. */
  private Map<String, FileCheck> writeTensors(
      Path partial, SequencedMap<String, SequencedMap<String, GlobalTensor>> tensors)
      throws IOException {
    processes.together(() -> {});
    List<StoredTensors> parts =
        tensors.entrySet().stream()
            .map(group -> new StoredTensors(group.getKey(), group.getValue(), processes))
            .toList();
    processes.together(
        () -> {
          for (StoredTensors part : parts) {
            part.write(partial);
          }
        });
    Map<String, FileCheck> written = new LinkedHashMap<>();
    for (StoredTensors part : parts) {
      written.putAll(part.allWritten());
    }
    return written;
  }

  private static void copy(Path log, long bytes, Path target) throws IOException {
    try (var from = FileChannel.open(log);
        var to =
            FileChannel.open(target, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      long done = 0;
      while (done < bytes) {
        long moved = from.transferTo(done, bytes - done, to);
        if (moved <= 0) {
          throw new IOException("%s: shorter than what was written to it".formatted(log));
        }
        done += moved;
      }
    }
  }

  /**
   * The newest complete checkpoint.
   *
   * @param warnings is told of each newer one that is damaged
   * @throws UserException when there are checkpoints and none is complete
   */
  public Optional<Checkpoint> newest(Consumer<String> warnings) throws IOException {
    List<Checkpoint> all = list();
    String newestDamage = null;
    for (Checkpoint checkpoint : all) {
      String damage = CheckpointManifest.damage(checkpoint.folder(), checkpoint.step());
      if (damage == null) {
        return Optional.of(checkpoint);
      }
      newestDamage = newestDamage == null ? damage : newestDamage;
      warnings.accept("%s: %s; trying the one before".formatted(checkpoint.folder(), damage));
    }
    if (!all.isEmpty()) {
      throw new UserException(
          "%s: none of its %d checkpoint(s) is complete (the newest: %s); restore one or choose another output"
              .formatted(folder, all.size(), newestDamage));
    }
    return Optional.empty();
  }

  /** Newest first. */
  private List<Checkpoint> list() throws IOException {
    List<Checkpoint> found = new ArrayList<>();
    if (!Files.isDirectory(folder)) {
      return found;
    }
    try (var entries = Files.list(folder)) {
      for (Path entry : (Iterable<Path>) entries::iterator) {
        CheckpointNames.step(entry).ifPresent(step -> found.add(new Checkpoint(step, entry)));
      }
    }
    found.sort(Comparator.comparingLong(Checkpoint::step).reversed());
    return found;
  }

  /** Renames first, so that a crash half-way leaves nothing that looks like a checkpoint. */
  private static void discard(Path checkpoint) throws IOException {
    Path leaving = checkpoint.resolveSibling(checkpoint.getFileName() + AtomicFiles.PARTIAL);
    Files.move(checkpoint, leaving, StandardCopyOption.ATOMIC_MOVE);
    AtomicFiles.deleteTree(leaving);
  }
}
