package io.github.drprune.spark;

import io.github.drprune.config.TrainConfig;
import io.github.drprune.config.binding.ConfigLoader;
import io.github.drprune.distributed.GlooGroup;
import io.github.drprune.libtorch.LibTorch;
import io.github.drprune.nn.Kernels;
import io.github.drprune.run.Runner;
import io.github.drprune.run.TrainRun;
import io.github.drprune.train.StopSignal;
import java.util.List;

/** One of several processes that train together without Spark. */
final class LocalRank {
  private LocalRank() {}

  /**
   * @param settings of the run, as {@code key=value}
   */
  public static void main(String[] settings) throws Exception {
    LibTorch.useThreads(1);
    var config = ConfigLoader.load(List.of(settings), TrainConfig.class);
    try (var processes = GlooGroup.join(System.getenv())) {
      new Runner(Kernels::select, List.of(), new StopSignal(), processes)
          .execute(new TrainRun(config));
    }
  }
}
