package io.github.drprune.checkpoint;

import io.github.drprune.distributed.GlobalTensor;
import io.github.drprune.error.UserException;
import io.github.drprune.json.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.util.SequencedMap;

/**
 * A complete checkpoint on the disk.
 *
 * @param step optimizer steps done
 */
public record Checkpoint(long step, Path folder) {
  static final String STATE = "state.json";
  static final String LOG = "metrics.jsonl";

  /** The run's log as it was, so that no damage to the log outlives a resume. */
  public Path log() {
    return folder.resolve(LOG);
  }

  /** The part of the state that is not tensors. */
  public <T extends Record> T state(Class<T> type) throws IOException {
    return Json.read(folder.resolve(STATE), type);
  }

  /**
   * Writes the checkpoint's values into {@code tensors}.
   *
   * @param name of the group of tensors, under which they were stored
   * @throws UserException when the checkpoint does not hold just these tensors
   */
  public void restore(String name, SequencedMap<String, GlobalTensor> tensors) throws IOException {
    try (var stored = RestoredTensors.open(folder, name)) {
      stored.require(tensors);
      stored.into(tensors);
    }
  }
}
