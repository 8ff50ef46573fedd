package io.github.drprune.pipeline;

import io.github.drprune.config.PipelineConfig;
import io.github.drprune.config.binding.ConfigLoader;
import io.github.drprune.plan.Cluster;
import io.github.drprune.plan.Planner;
import io.github.drprune.plan.RunPlan;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;

/** A budget of time in tokens, by how fast the model that will be trained reads them. */
public final class TimedBudget {
  /** The rest is for the cut, for reading models and for what runs slower than a short trial. */
  private static final double SHARE_OF_TRAINING = 0.9;

  private static final long LEAST_TOKENS = 1;

  private final Path file;
  private final List<String> sets;
  private final int processes;
  private final Speed speed;

  /** How fast a pipeline trains. */
  @FunctionalInterface
  public interface Speed {
    /** The seconds that a token of the stage train takes, evaluations and checkpoints included. */
    double secondsPerToken(PipelineConfig pipeline) throws IOException, InterruptedException;
  }

  /**
   * @param file the pipeline file; the record of what is done lies beside it
   * @param sets assignments over its values
   * @param processes that will train
   */
  public TimedBudget(Path file, List<String> sets, int processes, Speed speed) {
    this.file = file;
    this.sets = List.copyOf(sets);
    this.processes = processes;
    this.speed = speed;
  }

  /** By steps of the model, its teacher included, that are timed on this machine. */
  public static TimedBudget measured(Path file, List<String> sets, Cluster cluster) {
    return new TimedBudget(
        file,
        sets,
        cluster.processes(),
        pipeline -> {
          RunPlan plan = new Planner(cluster).pipeline(pipeline).train();
          return plan.seconds() / plan.tokens();
        });
  }

  /**
   * The pipeline with the number of tokens that its time pays for. What was measured once is kept:
   * an interrupted run goes on with the same number of steps.
   *
   * @param timed as the file says it; its text must be prepared
   */
  public PipelineConfig inTokens(PipelineConfig timed) throws IOException, InterruptedException {
    String asked =
        StageRecord.fingerprint(
            List.of(
                timed.budget().orElseThrow(),
                processes,
                ConfigLoader.tree(timed.prune().orElseThrow()),
                ConfigLoader.tree(timed.train().orElseThrow())),
            List.of());
    var done = StageRecord.beside(file.toAbsolutePath());
    OptionalLong known = done.tokens(asked);
    if (known.isPresent()) {
      return load(known.getAsLong());
    }
    Duration time = timed.time().orElseThrow();
    // The batch follows the number of tokens and the speed a little the batch, hence twice.
    PipelineConfig near = load(tokens(timed, time));
    long tokens = tokens(near, time);
    PipelineConfig config = load(tokens);
    done.noteTokens(asked, tokens);
    return config;
  }

  private long tokens(PipelineConfig config, Duration time)
      throws IOException, InterruptedException {
    double seconds = SHARE_OF_TRAINING * time.toMillis() / 1000;
    return Math.max(LEAST_TOKENS, Math.round(seconds / speed.secondsPerToken(config)));
  }

  private PipelineConfig load(long tokens) throws IOException {
    List<String> all = new ArrayList<>(sets);
    all.add("budget=" + tokens);
    return PipelineConfig.load(file, all);
  }
}
