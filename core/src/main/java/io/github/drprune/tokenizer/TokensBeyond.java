package io.github.drprune.tokenizer;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Added tokens of a tokenizer that a model has no embeddings for, as where a tokenizer is shared by
 * models of text and of images. The model computes any text that has none of them.
 *
 * @param vocabularySize embeddings of the model
 * @param names what the tokens are called, by id
 */
public record TokensBeyond(int vocabularySize, SortedMap<Integer, String> names) {
  /** Of no model in particular. */
  public static final TokensBeyond NONE =
      new TokensBeyond(Integer.MAX_VALUE, Collections.emptySortedMap());

  public TokensBeyond {
    names = Collections.unmodifiableSortedMap(new TreeMap<>(names));
  }

  /** Whether the model has no embedding for {@code id}. */
  public boolean has(long id) {
    return id >= vocabularySize;
  }

  /** What is wrong with {@code id}, in words. */
  public String told(long id) {
    return "token %d ('%s'), but the model's vocabulary ends at %d"
        .formatted(id, names.getOrDefault((int) id, ""), vocabularySize - 1);
  }
}
