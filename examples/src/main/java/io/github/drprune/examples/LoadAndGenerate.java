package io.github.drprune.examples;

import io.github.drprune.generate.Generation;
import io.github.drprune.generate.Sampling;
import io.github.drprune.generate.TextContinuation;
import io.github.drprune.model.ModelOptions;
import java.io.IOException;
import java.nio.file.Path;

/** Continues a text with a checkpoint. Arguments: MODEL PROMPT. */
public final class LoadAndGenerate {
  private LoadAndGenerate() {}

  public static void main(String[] args) throws IOException {
    Path model = Path.of(args[0]);
    String prompt = args[1];
    try (var continuation = TextContinuation.load(model, ModelOptions.inference())) {
      var how = new Generation(40, Sampling.GREEDY, 17);
      continuation.stream(prompt, how, System.out::print);
    }
    System.out.println();
  }
}
