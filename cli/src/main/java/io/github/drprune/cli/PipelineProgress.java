package io.github.drprune.cli;

import io.github.drprune.data.Manifest;
import io.github.drprune.data.prepare.PrepareListener;
import io.github.drprune.evaluate.ModelEvaluation;
import io.github.drprune.pipeline.PipelineListener;
import io.github.drprune.report.PageModel;
import io.github.drprune.run.CheckpointCut;
import java.io.PrintWriter;
import java.nio.file.Path;

/** Prints what a pipeline does: each stage's figures as the command of its name prints them. */
final class PipelineProgress implements PipelineListener, AutoCloseable {
  private final PrintWriter out;
  private final PrintWriter err;
  private final PrepareProgress preparation;

  PipelineProgress(PrintWriter out, PrintWriter err) {
    this.out = out;
    this.err = err;
    this.preparation = new PrepareProgress(err);
  }

  private void line(String text) {
    err.println(text);
    err.flush();
  }

  @Override
  public void began(String stage) {
    line("=== " + stage);
  }

  @Override
  public void skipped(String stage, Path output) {
    line("=== %s: done before, %s".formatted(stage, output));
  }

  @Override
  public PrepareListener preparation() {
    return preparation;
  }

  @Override
  public void prepared(Manifest manifest) {
    preparation.close();
    DataTable.print(manifest, out);
  }

  @Override
  public void cutWarning(String line) {
    Console.warnings(err).accept(line);
  }

  @Override
  public void cut(CheckpointCut cut, CheckpointCut.Result result) {
    CutCommand.print(cut, result, out);
  }

  @Override
  public void evaluated(ModelEvaluation evaluation) {
    EvaluateCommand.print(evaluation, out);
  }

  @Override
  public void reported(PageModel page, Path html) {
    ReportCommand.print(page, html, out);
  }

  @Override
  public void close() {
    preparation.close();
  }
}
