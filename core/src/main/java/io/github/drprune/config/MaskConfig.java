package io.github.drprune.config;

import io.github.drprune.config.binding.Key;
import io.github.drprune.prune.GroupPolicy;
import io.github.drprune.prune.HiddenBasis;
import io.github.drprune.prune.MaskModule;
import io.github.drprune.prune.ScoredBy;
import java.util.List;
import java.util.Optional;

/** What is masked, and how the masks are learned. */
public record MaskConfig(
    @Key(
            doc =
                "How units are chosen: masks learned over the steps, or importance in one shot,"
                    + " with which 'steps' is not used and may be left out.",
            value = "masks")
        Method method,
    @Key(
            doc =
                "What has masks; 'layer' removes whole layers, 'head_layer' and 'mlp' halves of"
                    + " them.",
            value = "[hidden, head, intermediate, layer]")
        List<MaskModule> maskModules,
    @Key(
            doc =
                "With grouped-query attention: whether a key/value group goes as a whole, or every"
                    + " group stays and loses query heads.",
            value = "kv_group")
        GroupPolicy groupPolicy,
    @Key(
            doc =
                "What the hidden units are that masks choose from: those of the source, or"
                    + " principal components of the residual stream, to which the model is turned"
                    + " first. Without it principal where the model can be turned: RMSNorm before"
                    + " each half, and an untied head.")
        Optional<HiddenBasis> hiddenBasis,
    @Key(
            doc =
                "What heads, MLP units and layers are scored by: squared gradients of the loss with"
                    + " respect to masks on them, or sizes of activations.",
            value = "gradients")
        ScoredBy scores,
    @Key(
            doc =
                "With importance: fit the weights that stay to what the source computes, by least"
                    + " squares.",
            value = "true")
        boolean reconstruction,
    @Key(
            doc =
                "How masks are held to the sparsity asked for: exactly at every step, or by learned"
                    + " Lagrangian multipliers.",
            value = "exact")
        Constraint constraint,
    @Key(
            doc =
                "How the masks start; without it by importance, or at random with Lagrangian"
                    + " multipliers.")
        Optional<Start> maskStart,
    @Key(
            doc =
                "Distance of log alphas from the most to the least important unit of a row at the"
                    + " start: the wider, the fewer units are undecided at a time. Without it 60,"
                    + " or 2 with Lagrangian multipliers.",
            above = 0)
        Optional<Double> maskSpread,
    @Key(
            doc = "Peak learning rate of the masks and of the Lagrangian multipliers.",
            value = "1.0",
            above = 0)
        double maskLearningRate,
    @Key(doc = "Sparsity asked for at the first step.", value = "0", min = 0, below = 1)
        double startSparsity,
    @Key(
            doc = "Share of the steps over which the sparsity asked for rises to the target's.",
            value = "0.2",
            min = 0,
            max = 1)
        double sparsityWarmup) {
  /** Ways to choose the units that stay. */
  public enum Method {
    MASKS,
    IMPORTANCE
  }

  /** What makes masks reach their target. */
  public enum Constraint {
    EXACT,
    LAGRANGIAN
  }

  /** Log alpha at the start: around the same value, or following importance scores. */
  public enum Start {
    RANDOM,
    IMPORTANCE
  }

  /** How the masks start, where nothing is said as it suits the constraint. */
  public Start start() {
    return maskStart.orElse(constraint == Constraint.EXACT ? Start.IMPORTANCE : Start.RANDOM);
  }

  /** Distance of log alphas at the start; multipliers need all within their bounds. */
  public double spread() {
    return maskSpread.orElse(constraint == Constraint.EXACT ? 60.0 : 2.0);
  }

  public MaskConfig {
    maskModules = List.copyOf(maskModules);
    if (maskModules.isEmpty()) {
      throw new IllegalArgumentException("mask_modules: expected at least one module");
    }
  }
}
