package io.github.drprune.pipeline;

import io.github.drprune.config.PipelineConfig;
import io.github.drprune.config.binding.ConfigLoader;
import io.github.drprune.error.UserException;
import io.github.drprune.plan.Cluster;
import io.github.drprune.plan.PipelinePlan;
import io.github.drprune.plan.Planner;
import io.github.drprune.run.PruneRun;
import io.github.drprune.run.RunFolder;
import io.github.drprune.run.RunOrigin;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;

/** A budget of time in tokens, by how fast the model that will be trained reads them. */
public final class TimedBudget {
  /** The rest is for the cut, for reading models and for what runs slower than a short trial. */
  private static final double SHARE_OF_TRAINING = 0.9;

  /** How near to the time the number of tokens is found: within this share of it. */
  private static final double NEAR = 1e-4;

  /** More than any run takes; a budget has 12 digits. */
  private static final long MOST_TOKENS = 1L << 39;

  /** Said where the file names the steps itself, so that it decides nothing. */
  private static final long ANY_TOKENS = 1_000_000;

  private final Path file;
  private final List<String> sets;
  private final int processes;
  private final Timing timing;

  /** How long a pipeline takes that is like one that was timed, but for its number of tokens. */
  @FunctionalInterface
  public interface Duty {
    double seconds(PipelineConfig pipeline);
  }

  /** Finds out what a pipeline takes. */
  @FunctionalInterface
  public interface Timing {
    Duty of(PipelineConfig pipeline) throws IOException, InterruptedException;
  }

  /**
   * @param file the pipeline file; the record of what is done lies beside it
   * @param sets assignments over its values
   * @param processes that will train
   */
  public TimedBudget(Path file, List<String> sets, int processes, Timing timing) {
    this.file = file;
    this.sets = List.copyOf(sets);
    this.processes = processes;
    this.timing = timing;
  }

  /** By steps of the model, its teacher included, that are timed on this machine. */
  public static TimedBudget measured(Path file, List<String> sets, Cluster cluster) {
    return new TimedBudget(
        file,
        sets,
        cluster.processes(),
        pipeline -> {
          PipelinePlan plan = new Planner(cluster).pipeline(pipeline);
          return other -> plan.secondsOf(other, pipeline);
        });
  }

  /**
   * The pipeline with the number of tokens that its time pays for. What was measured once is kept:
   * an interrupted run goes on with the same number of steps, also in other processes and with
   * settings that may change on its way.
   *
   * @param timed as the file says it; its text must be prepared
   * @throws UserException where the time pays for no step
   */
  public PipelineConfig inTokens(PipelineConfig timed) throws IOException, InterruptedException {
    List<Object> settings =
        List.of(
            timed.budget().orElseThrow(),
            RunOrigin.lasting(ConfigLoader.tree(timed.prune().orElseThrow())),
            RunOrigin.lasting(ConfigLoader.tree(timed.train().orElseThrow())));
    String run = hash(settings);
    String asked = hash(List.of(settings, processes));
    var done = StageRecord.beside(file.toAbsolutePath());
    OptionalLong known = done.tokens(isBegun(timed) ? run : asked);
    long tokens = known.isPresent() ? known.getAsLong() : measured(timed);
    PipelineConfig config = load(tokens);
    done.noteTokens(asked, tokens);
    done.noteTokens(run, tokens);
    return config;
  }

  private static String hash(Object settings) throws IOException {
    return StageRecord.fingerprint(settings, List.of(), List.of());
  }

  /** Whether one of its runs has taken steps, whose number must then stay. */
  private static boolean isBegun(PipelineConfig pipeline) {
    var pruning = new PruneRun(pipeline.prune().orElseThrow());
    return RunFolder.isBegun(pipeline.train().orElseThrow().run().output())
        || pruning.takesSteps() && RunFolder.isBegun(pruning.config().output());
  }

  private long measured(PipelineConfig timed) throws IOException, InterruptedException {
    if (pipeline(1).isPresent()) { // less than any step takes
      return ANY_TOKENS;
    }
    double seconds = SHARE_OF_TRAINING * timed.time().orElseThrow().toMillis() / 1000;
    // The batch follows the number of tokens and the speed a little the batch, hence twice.
    long guess = affordable(timing.of(timed), seconds);
    return affordable(timing.of(load(guess)), seconds);
  }

  /**
   * The most tokens that are read in {@code seconds}, by halving: evaluations and checkpoints come
   * by the number of steps or every so many of them, as the file says.
   */
  private long affordable(Duty duty, double seconds) throws IOException {
    long fitting = 0;
    long most = 1;
    while (most < MOST_TOKENS && fits(most, duty, seconds)) {
      fitting = most;
      most *= 2;
    }
    while (most - fitting > 1 + NEAR * fitting) {
      long middle = (fitting + most) / 2;
      if (fits(middle, duty, seconds)) {
        fitting = middle;
      } else {
        most = middle;
      }
    }
    if (pipeline(fitting).isEmpty()) {
      throw UserException.at(
          "budget",
          String.format(
              Locale.ROOT,
              "one step and its evaluations alone would take more than the %.0f seconds of"
                  + " training",
              seconds),
          "raise it or lower train.evaluation_sequences");
    }
    return fitting;
  }

  private boolean fits(long tokens, Duty duty, double seconds) throws IOException {
    Optional<PipelineConfig> pipeline = pipeline(tokens);
    return pipeline.isEmpty() || duty.seconds(pipeline.get()) <= seconds;
  }

  /** The pipeline with so many tokens; empty where they are less than it takes a step with. */
  private Optional<PipelineConfig> pipeline(long tokens) throws IOException {
    try {
      return Optional.of(load(tokens));
    } catch (UserException e) {
      return Optional.empty(); // all else in the file was right for the time
    }
  }

  private PipelineConfig load(long tokens) throws IOException {
    List<String> all = new ArrayList<>(sets);
    all.add("budget=" + tokens);
    return PipelineConfig.load(file, all);
  }
}
