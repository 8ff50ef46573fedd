package io.github.drprune.config;

import io.github.drprune.config.binding.Inline;
import io.github.drprune.config.binding.Key;
import io.github.drprune.error.UserException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LongSummaryStatistics;
import java.util.Optional;

/** What pruning and training have in common. */
public record RunConfig(
    @Key(doc = "Folder that 'prepare' wrote.") Path data,
    @Key(doc = "The run's folder; a run that it holds is continued.") Path output,
    @Key(doc = "Optimizer steps.", min = 1) int steps,
    @Key(doc = "Sequences of one step, over all processes.", value = "32", min = 1) int globalBatch,
    @Key(
            doc =
                "Sequences that a process computes at once, at most those of a step; less needs"
                    + " less memory.",
            value = "8",
            min = 1)
        int microBatch,
    @Key(doc = "Tokens of a sequence, which the data must have; without it the data's.", min = 2)
        Optional<Integer> seqLen,
    @Inline OptimizerConfig optimizer,
    @Key(
            doc = "Steps from one evaluation and update of the domain weights to the next.",
            value = "50",
            min = 1)
        int evaluationInterval,
    @Key(
            doc = "Held-out sequences of each domain in an evaluation, where it has so many.",
            value = "64",
            min = 1)
        int evaluationSequences,
    @Key(doc = "Steps from one checkpoint to the next.", value = "200", min = 1)
        int checkpointInterval,
    @Key(doc = "Checkpoints to keep; older ones are deleted.", value = "2", min = 1)
        int keepCheckpoints,
    @Key(
            doc =
                "Compute each layer's activations again in the backward pass: slower, less memory.",
            value = "false")
        boolean activationCheckpointing,
    @Key(
            doc =
                "Type of the computation; weights are kept in fp32. 'auto' takes bf16 where the"
                    + " device multiplies it, fp32 elsewhere.",
            value = "auto")
        PrecisionChoice precision,
    @Key(
            doc = "Where to compute; 'auto' takes a GPU if there is one.",
            value = "auto",
            pattern = "auto|cpu|cuda(:[0-9]{1,3})?",
            form = "auto, cpu, cuda or cuda:1")
        String device,
    @Key(
            doc =
                "What each of several processes holds: everything, only its share of the"
                    + " optimizer's state, or its share of all (which computes activations again"
                    + " in the backward pass); 'hybrid' shares out all within groups.",
            value = "none")
        Sharding sharding,
    @Key(
            doc =
                "Processes of a group that holds a copy of all with sharding=hybrid; without it"
                    + " those of a machine.",
            min = 1)
        Optional<Integer> shardingGroup,
    @Key(doc = "Seed of everything random.", value = "17") long seed,
    @Key(doc = "Write TensorBoard event files as well.", value = "false") boolean tensorboard,
    @Key(doc = "Distillation from a teacher.") Optional<DistillationConfig> distillation,
    @Key(doc = "Domain weighting.") DomainsConfig domains) {
  /** The type that matrix products are to be computed in, or the faster one of the device. */
  public enum PrecisionChoice {
    AUTO,
    BF16,
    FP32
  }

  public RunConfig {
    microBatch = Math.min(microBatch, globalBatch);
    if (globalBatch % microBatch != 0) {
      throw new IllegalArgumentException(
          "micro_batch: %d does not divide global_batch %d; choose one that does"
              .formatted(microBatch, globalBatch));
    }
  }

  /**
   * How many of {@code processes} hold a copy of the model together.
   *
   * @param onThisMachine of the processes
   */
  public int perCopy(int processes, int onThisMachine) {
    return perCopy(sharding, processes, onThisMachine);
  }

  private int perCopy(Sharding held, int processes, int onThisMachine) {
    return held.perCopy(processes, shardingGroup.orElse(onThisMachine));
  }

  /**
   * Refuses what processes cannot do together as {@link #requireFitting} does, and machines of
   * unequal numbers of them where those of a machine are to be a group.
   *
   * @param onMachines for each process, how many are on its machine
   */
  public void requireFittingMachines(long... onMachines) {
    LongSummaryStatistics each = Arrays.stream(onMachines).summaryStatistics();
    if (sharding == Sharding.HYBRID && shardingGroup.isEmpty() && each.getMin() < each.getMax()) {
      throw UserException.at(
          "sharding_group",
          "missing, and machines have from %d to %d of %d processes"
              .formatted(each.getMin(), each.getMax(), onMachines.length),
          "choose a number that divides theirs, or sharding=full");
    }
    requireFitting(sharding, onMachines.length, Math.toIntExact(onMachines[0]));
  }

  /**
   * Refuses what {@code processes} cannot do together: each needs a sequence of a batch, and groups
   * are whole.
   *
   * @param held what each holds
   * @param onThisMachine of the processes
   */
  public void requireFitting(Sharding held, int processes, int onThisMachine) {
    perCopy(held, processes, onThisMachine);
    if (globalBatch < processes) {
      throw UserException.at(
          "global_batch",
          "%d sequences for %d processes".formatted(globalBatch, processes),
          "start fewer processes or raise it, as each needs at least one");
    }
  }

  /** The same run of another length. */
  RunConfig withSteps(int other) {
    return new RunConfig(
        data,
        output,
        other,
        globalBatch,
        microBatch,
        seqLen,
        optimizer,
        evaluationInterval,
        evaluationSequences,
        checkpointInterval,
        keepCheckpoints,
        activationCheckpointing,
        precision,
        device,
        sharding,
        shardingGroup,
        seed,
        tensorboard,
        distillation,
        domains);
  }
}
