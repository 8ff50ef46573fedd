package io.github.drprune.run;

import io.github.drprune.config.RunConfig;
import io.github.drprune.data.Batch;
import io.github.drprune.data.BatchLoader;
import io.github.drprune.data.PreparedData;
import io.github.drprune.data.SamplerState;
import io.github.drprune.data.Split;
import io.github.drprune.libtorch.Tensors;
import io.github.drprune.train.DomainMix;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;

/**
 * Training text to score units and to fit weights on: sequences of all domains in the proportion
 * that the run begins with.
 */
final class CalibrationData {
  static final int SEQUENCES = 128;

  private CalibrationData() {}

  /** Micro-batches of tokens, int64 [B, T], in the caller's scope. */
  static List<Tensor> read(RunConfig config, PreparedData data, Device device)
      throws InterruptedException {
    var start = SamplerState.start(config.seed(), data.domains().size());
    try (var loader =
        new BatchLoader(data.all(Split.TRAIN), start, new BatchLoader.Share(SEQUENCES, 0, 1))) {
      Batch all = loader.next(DomainMix.startingWeights(config.domains(), data));
      List<Tensor> batches = new ArrayList<>();
      for (int from = 0; from < all.rows(); from += config.microBatch()) {
        Batch micro = all.rows(from, Math.min(config.microBatch(), all.rows() - from));
        Tensor tokens = Tensors.over(micro.tokens(), Tensors.TOKENS, micro.rows(), micro.seqLen());
        batches.add(tokens.to(device, Tensors.TOKENS).clone());
      }
      return batches;
    }
  }
}
