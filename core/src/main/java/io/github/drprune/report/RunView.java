package io.github.drprune.report;

import io.github.drprune.model.ModelSummary;
import io.github.drprune.run.RunEvent;
import java.util.List;
import java.util.Map;

/**
 * All that the page shows of one run. Every x counts training tokens, losses are in nats per token,
 * sparsities, weights and proportions in [0, 1]; null is a value that is unknown or not finite.
 *
 * @param id names the run in the page
 * @param started when the run's first process began, ISO 8601, UTC; null when unknown
 * @param seconds wall-clock time; null when unknown
 * @param summary the run in plain words, one sentence or two each
 * @param config the resolved configuration as YAML
 */
public record RunView(
    String id,
    String name,
    RunStatus state,
    String command,
    String started,
    Double seconds,
    long step,
    long steps,
    long tokens,
    long tokensPerStep,
    List<String> domains,
    List<String> summary,
    List<Tile> tiles,
    List<Note> warnings,
    List<DomainRow> table,
    List<ShapeRow> shapes,
    Training training,
    HeldOut heldOut,
    Weighting weighting,
    Sparsity sparsity,
    String config,
    Map<String, String> environment) {

  /** A key figure with what it means. */
  public record Tile(String label, String value, String hint) {}

  /** A warning, or anything else worth telling; {@code step} is null for what concerns the file. */
  public record Note(Long step, String message) {}

  /**
   * Where one domain stands. "Before" is the first evaluation, "now" the last.
   *
   * @param startProportion the reference proportion the run began with
   * @param limited whether a floor or cap moved its weight
   */
  public record DomainRow(
      String domain,
      Double lossBefore,
      Double lossNow,
      Double perplexityBefore,
      Double perplexityNow,
      Double referenceLoss,
      Double excess,
      Double weight,
      Double proportion,
      Double startProportion,
      Double epochs,
      boolean limited) {}

  /** A model's shape; {@code role} is "source", "target" or "result". */
  public record ShapeRow(String role, ModelSummary model) {}

  /** What the optimizer saw. */
  public record Training(
      ThinnedSeries.Points loss,
      Map<String, ThinnedSeries.Points> domainLoss,
      ThinnedSeries.Points distillationLoss,
      ThinnedSeries.Points tokensPerSecond,
      ThinnedSeries.Points learningRate,
      ThinnedSeries.Points gradientNorm) {}

  /** Held-out losses and how often each domain's data has been used. */
  public record HeldOut(
      ThinnedSeries.Points mean,
      ThinnedSeries.Points worst,
      Map<String, ThinnedSeries.Points> loss,
      Map<String, ThinnedSeries.Points> epochs) {}

  /** Where the data goes and why. */
  public record Weighting(
      ThinnedTable.Rows weights,
      ThinnedTable.Rows proportions,
      Map<String, ThinnedSeries.Points> referenceLoss,
      Map<String, ThinnedSeries.Points> excess,
      Map<String, FitView> fits) {}

  /**
   * A domain's fitted curve.
   *
   * @param curve the curve over the part of the run that is behind
   * @param endX the end of the run, where {@code fit.prediction} holds
   */
  public record FitView(RunEvent.Fit fit, ThinnedSeries.Points curve, long endX) {}

  /** How far the masks are, and what they keep; "all" stands for all prunable parameters. */
  public record Sparsity(
      Map<String, ThinnedSeries.Points> expected,
      Map<String, ThinnedSeries.Points> target,
      List<HeatMap> maps) {}
}
