package io.github.drprune.checkpoint;

import io.github.drprune.error.UserException;
import io.github.drprune.io.AtomicFiles;
import io.github.drprune.json.Json;
import io.github.drprune.libtorch.NativeScope;
import io.github.drprune.libtorch.NoGrad;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.safetensors.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.bytedeco.pytorch.Tensor;

/**
 * A run's checkpoints, one folder {@code step-N} each, that appear whole or not at all: written
 * beside under another name, then renamed. A crash at any instant leaves the ones before it.
 */
public final class CheckpointStore {
  private static final Pattern NAME = Pattern.compile("step-(\\d{1,18})");

  private final Path folder;
  private final int keep;

  /**
   * @param keep how many checkpoints stay; older ones are deleted
   */
  public CheckpointStore(Path folder, int keep) throws IOException {
    this.folder = folder;
    this.keep = keep;
    Files.createDirectories(folder);
    try (var entries = Files.list(folder)) {
      for (Path entry : (Iterable<Path>) entries::iterator) {
        if (entry.toString().endsWith(AtomicFiles.PARTIAL)) {
          AtomicFiles.deleteTree(entry); // what a crash left
        }
      }
    }
  }

  /**
   * Writes the checkpoint of {@code step} and drops the oldest ones.
   *
   * @param tensors float32 tensors by name, by the name of the file to put them in
   * @param state everything else
   */
  public void save(long step, Map<String, SequencedMap<String, Tensor>> tensors, Record state)
      throws IOException {
    Path target = folder.resolve("step-" + step);
    if (!Files.exists(target)) {
      AtomicFiles.folder(target, partial -> write(partial, step, tensors, state));
    }
    List<Checkpoint> all = list();
    for (Checkpoint old : all.subList(Math.min(keep, all.size()), all.size())) {
      discard(old.folder());
    }
  }

  private static void write(
      Path partial, long step, Map<String, SequencedMap<String, Tensor>> tensors, Record state)
      throws IOException {
    for (var file : tensors.entrySet()) {
      SequencedMap<String, Tensor> content = file.getValue();
      SafetensorsWriter.writeFile(
          partial.resolve(Checkpoint.fileName(file.getKey())),
          List.copyOf(Checkpoint.specs(content).values()),
          Map.of(),
          (spec, sink) -> {
            try (var _ = NativeScope.open();
                var _ = NoGrad.open()) {
              sink.write(Tensors.memory(content.get(spec.name()).detach().cpu().contiguous()));
            }
          });
    }
    Files.writeString(partial.resolve(Checkpoint.STATE), Json.pretty(state));
    Files.writeString(
        partial.resolve(CheckpointManifest.FILE),
        Json.pretty(CheckpointManifest.describe(partial, step)));
  }

  /**
   * The newest complete checkpoint.
   *
   * @param warnings is told of each newer one that is damaged
   * @throws UserException when there are checkpoints and none is complete
   */
  public Optional<Checkpoint> newest(Consumer<String> warnings) throws IOException {
    List<Checkpoint> all = list();
    for (Checkpoint checkpoint : all) {
      String damage = damage(checkpoint);
      if (damage == null) {
        return Optional.of(checkpoint);
      }
      warnings.accept("%s: %s; trying the one before".formatted(checkpoint.folder(), damage));
    }
    if (!all.isEmpty()) {
      throw new UserException(
          "%s: none of its %d checkpoint(s) is complete; restore one or choose another output"
              .formatted(folder, all.size()));
    }
    return Optional.empty();
  }

  private static String damage(Checkpoint checkpoint) throws IOException {
    Path manifest = checkpoint.folder().resolve(CheckpointManifest.FILE);
    if (!Files.isRegularFile(manifest)) {
      return "has no " + CheckpointManifest.FILE;
    }
    String damaged =
        Json.read(manifest, CheckpointManifest.class).firstDamaged(checkpoint.folder());
    return damaged == null ? null : damaged + " is not as it was written";
  }

  /** Newest first. */
  private List<Checkpoint> list() throws IOException {
    List<Checkpoint> found = new ArrayList<>();
    try (var entries = Files.list(folder)) {
      for (Path entry : (Iterable<Path>) entries::iterator) {
        var matcher = NAME.matcher(entry.getFileName().toString());
        if (matcher.matches()) {
          found.add(new Checkpoint(Long.parseLong(matcher.group(1)), entry));
        }
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
