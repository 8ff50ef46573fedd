package io.github.drprune.report;

import io.github.drprune.event.RunEvent;

/**
 * Arithmetic of a model's transformer blocks, counted from its shape: multiplications by weights
 * for one token, without attention scores, embedding and output layer.
 */
final class BlockWork {
  private BlockWork() {}

  /**
   * How many times less a {@code result} of pruning {@code source} computes per token; the head
   * size is the source's.
   */
  static double speedUp(RunEvent.Model source, RunEvent.Model result) {
    double headDim = (double) source.hiddenSize() / source.heads();
    return multiplications(source, headDim) / multiplications(result, headDim);
  }

  private static double multiplications(RunEvent.Model model, double headDim) {
    double attention = 2.0 * (model.heads() + model.kvHeads()) * headDim;
    int matrices = model.family().equals("gpt_neox") ? 2 : 3;
    double mlp = (double) matrices * model.intermediateSize();
    return model.layers() * model.hiddenSize() * (attention + mlp);
  }
}
