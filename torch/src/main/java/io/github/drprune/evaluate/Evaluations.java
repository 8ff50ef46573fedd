package io.github.drprune.evaluate;

import io.github.drprune.data.PreparedData;
import io.github.drprune.error.UserException;
import io.github.drprune.model.ModelOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Losses of several checkpoints on the same text, in the order that they were named in. */
public record Evaluations(List<ModelEvaluation> models) {
  /** Sequences computed at once where nothing else is asked for. */
  public static final int BATCH = 8;

  /**
   * Evaluates the checkpoints in {@code folders} on the prepared data in {@code dataFolder}.
   *
   * @param limit sequences of each domain at most
   * @param batch sequences computed at once
   * @param each is told of each model's losses as soon as they are there
   */
  public static Evaluations of(
      List<Path> folders,
      Path dataFolder,
      EvaluationText part,
      long limit,
      int batch,
      ModelOptions options,
      Consumer<ModelEvaluation> each)
      throws IOException {
    positive("sequences", limit);
    positive("batch", batch);
    List<ModelEvaluation> results = new ArrayList<>();
    try (var data = PreparedData.open(dataFolder)) {
      // A mistake in the last model must not cost the evaluation of those before it.
      for (Path folder : folders) {
        ModelEvaluation.requireFitting(folder, data);
      }
      for (Path folder : folders) {
        var result = ModelEvaluation.ofFitting(folder, data, part, limit, batch, options);
        each.accept(result);
        results.add(result);
      }
    }
    return new Evaluations(results);
  }

  private static void positive(String key, long value) {
    if (value < 1) {
      throw UserException.at(key, "must be at least 1, not " + value);
    }
  }
}
