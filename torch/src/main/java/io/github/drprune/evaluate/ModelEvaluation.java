package io.github.drprune.evaluate;

import io.github.drprune.data.PreparedData;
import io.github.drprune.error.UserException;
import io.github.drprune.evaluate.EvaluationResult.DomainLoss;
import io.github.drprune.evaluate.EvaluationText.Rows;
import io.github.drprune.model.CheckpointCheck;
import io.github.drprune.model.ModelLoader;
import io.github.drprune.model.ModelOptions;
import io.github.drprune.model.ModelSpec;
import io.github.drprune.nn.ModelMasks;
import io.github.drprune.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.SequencedMap;

/**
 * A checkpoint's held-out losses as figures to print and store.
 *
 * @param split the part of the data, see {@link EvaluationText}
 * @param meanLoss unweighted mean over domains
 * @param meanPerplexity of that loss; infinite, as a domain's may be, where the loss is above 709
 */
public record ModelEvaluation(
    String model,
    String split,
    SequencedMap<String, Domain> domains,
    double meanLoss,
    double meanPerplexity,
    String worstDomain) {
  /**
   * One domain.
   *
   * @param bitsPerByte of its UTF-8 text
   */
  public record Domain(double loss, double perplexity, Double bitsPerByte, long tokens) {}

  /**
   * Evaluates the checkpoint in {@code folder}.
   *
   * @param limit sequences of each domain at most
   * @param batch sequences computed at once
   */
  public static ModelEvaluation of(
      Path folder,
      PreparedData data,
      EvaluationText part,
      long limit,
      int batch,
      ModelOptions options)
      throws IOException {
    requireFitting(folder, data);
    return ofFitting(folder, data, part, limit, batch, options);
  }

  /** Refuses a checkpoint that is damaged or does not fit {@code data}, without loading it. */
  static void requireFitting(Path folder, PreparedData data) throws IOException {
    ModelSpec config = CheckpointCheck.of(folder);
    if (data.seqLen() > config.contextLength()) {
      throw new UserException(
          "%s: has %d positions, the data in %s sequences of %d; prepare it with sequences of %d"
              .formatted(
                  folder,
                  config.contextLength(),
                  data.folder(),
                  data.seqLen(),
                  config.contextLength()));
    }
    try (var tokenizer = Tokenizer.load(folder, config.vocabularySize())) {
      data.requireTokenizer(tokenizer);
    }
  }

  /** As {@link #of}, of a checkpoint that {@link #requireFitting} has let pass. */
  static ModelEvaluation ofFitting(
      Path folder,
      PreparedData data,
      EvaluationText part,
      long limit,
      int batch,
      ModelOptions options)
      throws IOException {
    SequencedMap<String, Rows> rows = new LinkedHashMap<>();
    part.of(data).forEach((domain, all) -> rows.put(domain, all.limited(limit)));
    try (var tokenizer = Tokenizer.load(folder);
        var model = ModelLoader.loadChecked(folder, options)) {
      var evaluator = new Evaluator(rows, batch, ids -> bytes(tokenizer, ids));
      EvaluationResult result = evaluator.evaluate(model, ModelMasks.NONE);
      requireFinite(folder, result);
      return of(folder, part, result);
    }
  }

  /** What is no number has no order, and so no worst domain. */
  private static void requireFinite(Path folder, EvaluationResult result) {
    result
        .domains()
        .forEach(
            (domain, loss) -> {
              if (!Double.isFinite(loss.loss())) {
                throw new UserException(
                    "%s: its loss on domain '%s' is %s, though its weights are finite: they are too large, as after a training that diverged; use another checkpoint"
                        .formatted(folder, domain, loss.loss()));
              }
            });
  }

  private static long bytes(Tokenizer tokenizer, int[] ids) {
    return tokenizer.decodeText(ids).getBytes(StandardCharsets.UTF_8).length;
  }

  private static ModelEvaluation of(Path folder, EvaluationText part, EvaluationResult result) {
    SequencedMap<String, Domain> domains = new LinkedHashMap<>();
    result.domains().forEach((name, loss) -> domains.put(name, domain(loss)));
    return new ModelEvaluation(
        folder.toString(),
        part.toString(),
        domains,
        result.meanLoss(),
        Math.exp(result.meanLoss()),
        result.worstDomain());
  }

  private static Domain domain(DomainLoss loss) {
    var bits = loss.bitsPerByte();
    return new Domain(
        loss.loss(),
        loss.perplexity(),
        bits.isPresent() ? bits.getAsDouble() : null,
        loss.tokens());
  }
}
