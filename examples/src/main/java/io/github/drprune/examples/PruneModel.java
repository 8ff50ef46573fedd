package io.github.drprune.examples;

import io.github.drprune.config.PruneConfig;
import io.github.drprune.config.binding.ConfigLoader;
import io.github.drprune.run.RunEvent;
import io.github.drprune.run.RunResult;
import io.github.drprune.run.Runner;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Prunes a checkpoint. Arguments: MODEL DATA OUTPUT, then further KEY=VALUE of the run. */
public final class PruneModel {
  private PruneModel() {}

  public static void main(String[] args) throws IOException, InterruptedException {
    List<String> keys =
        new ArrayList<>(List.of("model=" + args[0], "data=" + args[1], "output=" + args[2]));
    keys.addAll(Arrays.asList(args).subList(3, args.length));
    PruneConfig config = ConfigLoader.load(keys, PruneConfig.class);
    RunResult result = new Runner(PruneModel::show).prune(config);
    System.out.println("pruned to " + result.model().orElseThrow());
  }

  private static void show(RunEvent event) {
    if (event instanceof RunEvent.Evaluation evaluation) {
      System.out.printf("step %d: loss %.3f%n", evaluation.step(), evaluation.meanLoss());
    }
  }
}
