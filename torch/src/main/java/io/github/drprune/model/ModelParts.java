package io.github.drprune.model;

import io.github.drprune.nn.Block;
import io.github.drprune.nn.Norm;
import io.github.drprune.nn.Weight;
import java.util.List;

/**
 * A model put together.
 *
 * @param embedding [vocabulary, hidden]
 * @param head [vocabulary, hidden]; the embedding itself when tied
 */
record ModelParts(Weight embedding, List<Block> blocks, Norm norm, Weight head) {
  ModelParts {
    blocks = List.copyOf(blocks);
  }
}
