package io.github.drprune.selfcheck;

import io.github.drprune.config.Sharding;
import io.github.drprune.io.AtomicFiles;
import io.github.drprune.launch.LaunchListener;
import io.github.drprune.libtorch.LibTorch;
import io.github.drprune.libtorch.Precision;
import io.github.drprune.model.ModelOptions;
import io.github.drprune.nn.Kernels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.bytedeco.pytorch.Device;

/**
 * Checks a device and processes of this machine: a model against what transformers computes, the
 * fast kernels against the same, runs of several processes against one of a single process, and a
 * run of which a process was killed against an undisturbed one.
 *
 * @param program how this program is started, up to its command
 * @param device as the key of a run names it
 * @param ranks processes of the shared runs
 */
public record SelfCheck(List<String> program, String device, int ranks) {
  /** Of losses and gradient norms in float32, the largest. */
  private static final double EXACT = 1e-4;

  /** In bf16, which has 8 bits of mantissa, the mean: single small gradients are further off. */
  private static final double ROUNDED = 5e-2;

  private static final double SAME_LOSS = 1e-5;

  /**
   * What a check found.
   *
   * @param figure what was compared
   */
  public record Outcome(String name, boolean passed, String figure, double seconds) {}

  @FunctionalInterface
  private interface Check {
    /** The figure, with what makes it pass. */
    Found find() throws IOException, InterruptedException;
  }

  private record Found(boolean passed, String figure) {
    static Found difference(double found, double allowed) {
      return new Found(
          found <= allowed,
          String.format(Locale.ROOT, "difference %.1e, at most %.0e", found, allowed));
    }
  }

  /**
   * Makes all checks; one that fails does not keep the others from being made.
   *
   * @param listener is told of each as it ends
   * @param processes hears what the processes of the shared runs say
   */
  public List<Outcome> run(Consumer<Outcome> listener, LaunchListener processes)
      throws IOException, InterruptedException {
    List<Outcome> outcomes = new ArrayList<>();
    Consumer<Outcome> adding = outcomes::add;
    Consumer<Outcome> told = adding.andThen(listener);
    Device on = LibTorch.device(device);
    check("the library's operations, fp32", () -> exact(on, Kernels.REFERENCE), told);
    check("fast kernels, fp32", () -> exact(on, Kernels.select(on, Precision.FP32)), told);
    check("fast kernels, bf16", () -> rounded(on), told);
    Path folder = Files.createTempDirectory("drprune-selfcheck-");
    try {
      var runs = new TrialRuns(program, device, ranks, folder, processes);
      List<Double> alone = new ArrayList<>();
      check(
          "a run of one process",
          () -> {
            alone.addAll(runs.losses("alone", 1, Sharding.NONE));
            return new Found(alone.size() == TrialRuns.STEPS, alone.size() + " steps");
          },
          told);
      for (Sharding sharding : shardings()) {
        check(
            "%d processes, sharding %s".formatted(ranks, name(sharding)),
            () -> difference(alone, runs.losses(name(sharding), ranks, sharding)),
            told);
      }
      check("a process killed and all started again", () -> killed(runs), told);
      return outcomes;
    } finally {
      AtomicFiles.deleteTree(folder);
    }
  }

  /** Groups that share a copy each want two processes at least, and two of them to differ. */
  private List<Sharding> shardings() {
    boolean areGroups = ranks > TrialRuns.GROUP && ranks % TrialRuns.GROUP == 0;
    return Stream.of(Sharding.values()).filter(s -> areGroups || s != Sharding.HYBRID).toList();
  }

  private static Found exact(Device device, Kernels kernels) {
    var options = new ModelOptions(device, Precision.FP32, true, kernels);
    return Found.difference(KnownModel.errors(options).getMax(), EXACT);
  }

  private static Found rounded(Device device) {
    var kernels = Kernels.select(device, Precision.BF16);
    var options = new ModelOptions(device, Precision.BF16, true, kernels);
    return Found.difference(KnownModel.errors(options).getAverage(), ROUNDED);
  }

  private Found killed(TrialRuns runs) throws IOException, InterruptedException {
    List<Double> losses = runs.lossesAfterKill("killed", ranks, Sharding.OPTIMIZER);
    boolean same =
        losses.size() == TrialRuns.STEPS
            && runs.weights("killed").equals(runs.weights(name(Sharding.OPTIMIZER)));
    return new Found(same, same ? "the same bits" : "other weights than undisturbed");
  }

  private static Found difference(List<Double> expected, List<Double> actual) {
    if (expected.isEmpty() || expected.size() != actual.size()) {
      return new Found(false, "%d steps instead of %d".formatted(actual.size(), expected.size()));
    }
    double most = 0;
    for (int i = 0; i < expected.size(); i++) {
      most = Math.max(most, Math.abs(expected.get(i) - actual.get(i)));
    }
    return Found.difference(most, SAME_LOSS);
  }

  private static String name(Sharding sharding) {
    return sharding.name().toLowerCase(Locale.ROOT);
  }

  private static void check(String name, Check check, Consumer<Outcome> told)
      throws InterruptedException {
    long start = System.nanoTime();
    Found found;
    try {
      found = check.find();
    } catch (IOException | RuntimeException e) {
      found = new Found(false, String.valueOf(e.getMessage()).lines().findFirst().orElse(""));
    }
    told.accept(
        new Outcome(name, found.passed(), found.figure(), (System.nanoTime() - start) / 1e9));
  }
}
