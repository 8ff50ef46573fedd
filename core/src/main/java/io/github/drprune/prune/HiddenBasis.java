package io.github.drprune.prune;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What the hidden units are that masks choose from. */
public enum HiddenBasis {
  /** The units of the checkpoint. */
  @JsonProperty("source")
  SOURCE,
  /** Principal components of the residual stream, which the model was turned to before. */
  @JsonProperty("principal")
  PRINCIPAL
}
