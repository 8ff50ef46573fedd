package io.github.drprune.examples;

import io.github.drprune.config.TrainConfig;
import io.github.drprune.config.binding.ConfigLoader;
import io.github.drprune.run.RunEvent;
import io.github.drprune.run.RunResult;
import io.github.drprune.run.Runner;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Trains a model. Arguments: DATA OUTPUT, then KEY=VALUE of the run, among them {@code model}, or
 * the keys of {@code shape} for a new model.
 */
public final class TrainModel {
  private TrainModel() {}

  public static void main(String[] args) throws IOException, InterruptedException {
    List<String> keys = new ArrayList<>(List.of("data=" + args[0], "output=" + args[1]));
    keys.addAll(Arrays.asList(args).subList(2, args.length));
    TrainConfig config = ConfigLoader.load(keys, TrainConfig.class);
    RunResult result = new Runner(TrainModel::show).train(config);
    System.out.println("trained to " + result.model().orElseThrow());
  }

  private static void show(RunEvent event) {
    if (event instanceof RunEvent.Train step) {
      System.out.printf("step %d: loss %.3f%n", step.step(), step.loss());
    }
  }
}
