package io.github.drprune.pipeline;

import io.github.drprune.data.Manifest;
import io.github.drprune.data.prepare.PrepareListener;
import io.github.drprune.evaluate.ModelEvaluation;
import io.github.drprune.report.PageModel;
import io.github.drprune.run.CheckpointCut;
import java.nio.file.Path;

/** Is told what a pipeline does, on the thread that called it. */
public interface PipelineListener {
  /** Listens to nothing. */
  PipelineListener SILENT = new PipelineListener() {};

  /** A stage begins, or goes on. */
  default void began(String stage) {}

  /** A stage is done already; {@code output} is what it made. */
  default void skipped(String stage, Path output) {}

  /** Who follows the preparation of the text. */
  default PrepareListener preparation() {
    return PrepareListener.SILENT;
  }

  default void prepared(Manifest manifest) {}

  /** A program that will not read the checkpoint that is being cut, in one line. */
  default void cutWarning(String line) {}

  default void cut(CheckpointCut cut, CheckpointCut.Result result) {}

  default void evaluated(ModelEvaluation evaluation) {}

  default void reported(PageModel page, Path html) {}
}
