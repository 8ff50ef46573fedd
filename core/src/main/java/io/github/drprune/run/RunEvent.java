package io.github.drprune.run;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.JsonTypeName;
import com.fasterxml.jackson.databind.JsonNode;
import io.github.drprune.model.ModelSummary;
import java.util.List;
import java.util.Map;

/**
 * One line of a run's {@code metrics.jsonl}. Losses are in nats per token, sparsities in [0, 1],
 * {@code step} counts optimizer steps from 1 (0 is before training), {@code tokens} counts training
 * tokens since the run began.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "event")
@JsonSubTypes({
  @JsonSubTypes.Type(RunEvent.Start.class),
  @JsonSubTypes.Type(RunEvent.Train.class),
  @JsonSubTypes.Type(RunEvent.Evaluation.class),
  @JsonSubTypes.Type(RunEvent.Weights.class),
  @JsonSubTypes.Type(RunEvent.Masks.class),
  @JsonSubTypes.Type(RunEvent.Cut.class),
  @JsonSubTypes.Type(RunEvent.Warning.class),
  @JsonSubTypes.Type(RunEvent.Done.class),
})
@JsonInclude(JsonInclude.Include.NON_NULL)
public sealed interface RunEvent {
  /** Optimizer steps done when the event was written. */
  long step();

  /**
   * The first line of a run, and of each continuation of it ({@code step} above 0).
   *
   * @param command "prune", "train" or "tune"
   * @param time ISO 8601, UTC
   * @param target the shape pruned towards; null when only a sparsity was asked for or nothing is
   *     pruned
   * @param config the resolved configuration
   * @param environment versions, device, threads, host
   */
  @JsonTypeName("start")
  record Start(
      long step,
      String command,
      String time,
      long steps,
      long tokensPerStep,
      ModelSummary source,
      ModelSummary target,
      List<String> domains,
      JsonNode config,
      Map<String, String> environment)
      implements RunEvent {
    public Start {
      if (domains != null) {
        domains.forEach(domain -> EventChecks.present("domains", domain));
      }
    }
  }

  /**
   * One optimizer step.
   *
   * @param loss the cross entropy, mean over the batch's tokens
   * @param domainLoss mean loss of each domain present in the batch
   * @param gradientNorm before clipping
   * @param expectedSparsity over all prunable parameters; null where nothing is pruned
   * @param distillationLoss divergence from the teacher times the square of the temperature, mean
   *     over the batch's tokens; null without a teacher
   * @param ranks processes that computed it; null in logs of older versions
   */
  @JsonTypeName("train")
  record Train(
      long step,
      double loss,
      Map<String, Double> domainLoss,
      long tokens,
      double tokensPerSecond,
      double learningRate,
      double gradientNorm,
      Double expectedSparsity,
      Double targetSparsity,
      Double distillationLoss,
      Integer ranks)
      implements RunEvent {}

  /** Held-out loss of one domain over {@code tokens} predicted tokens. */
  record DomainEvaluation(double loss, double perplexity, long tokens) {}

  /**
   * Held-out losses.
   *
   * @param meanLoss unweighted mean over domains
   * @param epochs training epochs of each domain begun so far, fractional
   */
  @JsonTypeName("evaluation")
  record Evaluation(
      long step,
      long tokens,
      Map<String, DomainEvaluation> domains,
      double meanLoss,
      String worstDomain,
      Map<String, Double> epochs)
      implements RunEvent {
    public Evaluation {
      EventChecks.values("domains", domains);
    }
  }

  /**
   * A fitted scaling law {@code A n^-alpha s^-beta + E} of one domain.
   *
   * @param beta null when sparsity is not a factor
   * @param prediction loss at the end of the run, with the confidence interval [low, high]
   * @param determined false when the points do not determine the curve; the prediction is then the
   *     lowest loss seen
   */
  record Fit(
      double a,
      double alpha,
      Double beta,
      double e,
      double prediction,
      double low,
      double high,
      int points,
      boolean determined) {}

  /**
   * The domain weights that training goes on with.
   *
   * @param excess loss minus reference loss
   * @param divergence chi-square divergence of the weights from the reference proportion
   * @param limited domains whose weight was moved by a floor or a cap
   * @param fits the curves behind dynamic reference losses, where there are any
   */
  @JsonTypeName("weights")
  record Weights(
      long step,
      Map<String, Double> weights,
      Map<String, Double> referenceLoss,
      Map<String, Double> referenceProportion,
      Map<String, Double> excess,
      Double divergence,
      Boolean rhoReached,
      List<String> limited,
      Map<String, Fit> fits)
      implements RunEvent {
    public Weights {
      EventChecks.values("weights", weights);
    }
  }

  /**
   * The masks of one module.
   *
   * @param expected mean expected sparsity over rows
   * @param target the sparsity asked for at this step; null where only the sum over modules has one
   * @param rows expected sparsity of each row (a layer, or the only row)
   * @param keep probability of keeping each unit, [rows][units]; only for modules with few units
   */
  record Module(double expected, Double target, List<Double> rows, List<List<Double>> keep) {
    public Module {
      EventChecks.numbers("rows", rows);
      EventChecks.shares("keep", keep);
    }
  }

  /** Where the masks stand, per module ("hidden", "head", "intermediate", "layer", ...). */
  @JsonTypeName("masks")
  record Masks(long step, Map<String, Module> modules) implements RunEvent {
    public Masks {
      EventChecks.values("modules", modules);
    }
  }

  /**
   * What the cut kept.
   *
   * @param kept indices of the units kept, per module and row
   */
  @JsonTypeName("cut")
  record Cut(long step, ModelSummary result, Map<String, List<List<Integer>>> kept)
      implements RunEvent {
    public Cut {
      EventChecks.units("kept", kept);
    }
  }

  /** Something the user should know while the run can still be helped. */
  @JsonTypeName("warning")
  record Warning(long step, String message) implements RunEvent {
    public Warning {
      EventChecks.present("message", message);
    }
  }

  /**
   * The end of a run.
   *
   * @param status "completed", "interrupted" or "failed"
   * @param message the failure, or null
   * @param seconds wall-clock time of all the run's processes together
   */
  @JsonTypeName("done")
  record Done(
      long step, String status, String message, ModelSummary result, long tokens, double seconds)
      implements RunEvent {
    public Done {
      EventChecks.present("status", status);
    }
  }
}
