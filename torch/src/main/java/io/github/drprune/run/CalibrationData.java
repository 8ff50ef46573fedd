package io.github.drprune.run;

import io.github.drprune.config.RunConfig;
import io.github.drprune.data.Batch;
import io.github.drprune.data.BatchLoader;
import io.github.drprune.data.PreparedData;
import io.github.drprune.data.SamplerState;
import io.github.drprune.data.Split;
import io.github.drprune.nn.Targets;
import io.github.drprune.train.DomainMix;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;

/**
 * Training text to score units on: sequences of all domains in the proportion that the run begins
 * with, in micro-batches [B, T] that live in the scope they are asked for in.
 */
final class CalibrationData implements Iterator<Tensor>, AutoCloseable {
  private static final int SEQUENCES = 128;

  private final BatchLoader loader;
  private final Batch batch;
  private final Device device;
  private final int rows;
  private int next;

  CalibrationData(RunConfig config, PreparedData data, Device device) throws InterruptedException {
    this.device = device;
    this.rows = config.microBatch();
    this.loader =
        new BatchLoader(
            data.all(Split.TRAIN),
            SamplerState.start(config.seed(), data.domains().size()),
            new BatchLoader.Share(SEQUENCES, 0, 1));
    this.batch =
        loader.next(new DomainMix(config.domains(), data, config.steps(), config.seed()).weights());
  }

  @Override
  public boolean hasNext() {
    return next < batch.rows();
  }

  @Override
  public Tensor next() {
    if (!hasNext()) {
      throw new NoSuchElementException();
    }
    Batch micro = batch.rows(next, Math.min(rows, batch.rows() - next));
    next += micro.rows();
    return Targets.of(micro, device).tokens();
  }

  @Override
  public void close() {
    loader.close();
  }
}
