package io.github.drprune.report;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Locale;

/** Where a run stands, as far as its file of events tells. */
public enum RunStatus {
  /** The file has no event yet. */
  @JsonProperty("empty")
  EMPTY,
  @JsonProperty("running")
  RUNNING,
  @JsonProperty("done")
  DONE,
  /** Stopped on request; it can be resumed. */
  @JsonProperty("interrupted")
  INTERRUPTED,
  @JsonProperty("failed")
  FAILED,
  /** Neither ended nor written to for so long that it has probably died. */
  @JsonProperty("stale")
  STALE;

  /** The word the user sees. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The state that a run's last event says it ended in. */
  static RunStatus ended(String status) {
    return switch (status) {
      case "completed" -> DONE;
      case "interrupted" -> INTERRUPTED;
      default -> FAILED;
    };
  }
}
