package io.github.drprune.examples;

import io.github.drprune.evaluate.EvaluationText;
import io.github.drprune.evaluate.Evaluations;
import io.github.drprune.model.ModelOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** Compares checkpoints on text that no run looks at. Arguments: DATA MODEL... */
public final class EvaluateModels {
  private EvaluateModels() {}

  public static void main(String[] args) throws IOException {
    List<Path> models = Arrays.stream(args).skip(1).map(Path::of).toList();
    Evaluations.of(
        models,
        Path.of(args[0]),
        EvaluationText.UNSEEN_BY_RUNS,
        Long.MAX_VALUE,
        Evaluations.BATCH,
        ModelOptions.inference(),
        model -> System.out.printf("%s: perplexity %.2f%n", model.model(), model.meanPerplexity()));
  }
}
