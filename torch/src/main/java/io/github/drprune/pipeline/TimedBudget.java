package io.github.drprune.pipeline;

import io.github.drprune.config.PipelineConfig;
import io.github.drprune.config.binding.ConfigLoader;
import io.github.drprune.error.UserException;
import io.github.drprune.plan.Cluster;
import io.github.drprune.plan.PipelinePlan;
import io.github.drprune.plan.Planner;
import io.github.drprune.run.RunFolder;
import io.github.drprune.run.RunOrigin;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;

/** A budget of time in tokens, by how fast the model that will be trained reads them. */
public final class TimedBudget {
  /** The rest is for the cut, for reading models and for what runs slower than a short trial. */
  private static final double SHARE_OF_TRAINING = 0.9;

  /** Of a first guess, whatever evaluations take: there are fewer of them in a short run. */
  private static final double LEAST_SHARE_OF_STEPS = 0.1;

  private final Path file;
  private final List<String> sets;
  private final int processes;
  private final Timing timing;

  /**
   * What the stages of a pipeline take.
   *
   * @param fixedSeconds evaluations and checkpoints: about as many however many tokens there are
   * @param secondsPerToken of the steps
   */
  public record Duty(double fixedSeconds, double secondsPerToken) {}

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
          double steps = plan.secondsOfSteps();
          return new Duty(plan.seconds() - steps, steps / plan.tokens());
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
    Path training = timed.train().orElseThrow().run().output();
    OptionalLong known = done.tokens(RunFolder.isBegun(training) ? run : asked);
    long tokens = known.isPresent() ? known.getAsLong() : measured(timed);
    PipelineConfig config = load(tokens);
    done.noteTokens(asked, tokens);
    done.noteTokens(run, tokens);
    return config;
  }

  private static String hash(Object settings) throws IOException {
    return StageRecord.fingerprint(settings, List.of(), List.of());
  }

  private long measured(PipelineConfig timed) throws IOException, InterruptedException {
    double seconds = SHARE_OF_TRAINING * timed.time().orElseThrow().toMillis() / 1000;
    // The batch follows the number of tokens and the speed a little the batch, hence twice.
    Duty first = timing.of(timed);
    double ofSteps = Math.max(seconds - first.fixedSeconds(), LEAST_SHARE_OF_STEPS * seconds);
    Duty duty = timing.of(load(Math.round(ofSteps / first.secondsPerToken())));
    if (seconds <= duty.fixedSeconds()) {
      throw UserException.at(
          "budget",
          String.format(
              Locale.ROOT,
              "evaluations and checkpoints alone would take %.0f of the %.0f seconds of training",
              duty.fixedSeconds(),
              seconds),
          "raise it or lower train.evaluation_sequences");
    }
    return Math.round((seconds - duty.fixedSeconds()) / duty.secondsPerToken());
  }

  private PipelineConfig load(long tokens) throws IOException {
    List<String> all = new ArrayList<>(sets);
    all.add("budget=" + tokens);
    return PipelineConfig.load(file, all);
  }
}
