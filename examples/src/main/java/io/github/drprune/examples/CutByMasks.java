package io.github.drprune.examples;

import io.github.drprune.run.CheckpointCut;
import java.io.IOException;
import java.nio.file.Path;

/** Cuts a checkpoint by the masks of a run. Arguments: MODEL MASKS OUTPUT. */
public final class CutByMasks {
  private CutByMasks() {}

  public static void main(String[] args) throws IOException {
    var cut = new CheckpointCut(Path.of(args[0]), Path.of(args[1]), Path.of(args[2]));
    var result = cut.write(warning -> System.err.println("warning: " + warning));
    System.out.printf("%,d of %,d parameters%n", result.after(), result.before());
  }
}
