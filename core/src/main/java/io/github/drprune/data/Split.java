package io.github.drprune.data;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Locale;

/** The parts of a domain; no document is in two of them. */
public enum Split {
  @JsonProperty("train")
  TRAIN,
  @JsonProperty("eval")
  EVAL,
  @JsonProperty("test")
  TEST;

  /** The name in file names and in JSON. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
