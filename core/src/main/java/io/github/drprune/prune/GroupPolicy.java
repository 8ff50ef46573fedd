package io.github.drprune.prune;

import com.fasterxml.jackson.annotation.JsonProperty;

/** What a head mask removes where several query heads share a key/value head. */
public enum GroupPolicy {
  /** A key/value head with all its query heads; without sharing, one head. */
  @JsonProperty("kv_group")
  KV_GROUP("kv_group"),
  /**
   * Query heads, equally many of every key/value head, all of which stay: tensor-parallel layouts
   * still fit.
   */
  @JsonProperty("query_in_group")
  QUERY_IN_GROUP("query_in_group");

  private final String key;

  GroupPolicy(String key) {
    this.key = key;
  }

  /** Its name in files and options. */
  @Override
  public String toString() {
    return key;
  }
}
