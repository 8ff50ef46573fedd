package io.github.drprune.tensorboard;

import io.github.drprune.run.RunEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Writes a run's events as a TensorBoard event file: curves as scalars, the probabilities of
 * keeping units as histograms. Each process of a run writes a file of its own into the same folder;
 * a continuation tells TensorBoard to forget the steps that it repeats.
 */
public final class TensorBoardWriter implements AutoCloseable {
  private static final String FILE_VERSION = "brain.Event:2";

  // Field numbers of tensorflow/core/util/event.proto and framework/summary.proto.
  private static final int EVENT_WALL_TIME = 1;
  private static final int EVENT_STEP = 2;
  private static final int EVENT_FILE_VERSION = 3;
  private static final int EVENT_SUMMARY = 5;
  private static final int EVENT_SESSION_LOG = 7;
  private static final int SESSION_LOG_STATUS = 1;
  private static final int SESSION_START = 1;
  private static final int SUMMARY_VALUE = 1;
  private static final int VALUE_TAG = 1;
  private static final int VALUE_SIMPLE = 2;
  private static final int VALUE_HISTOGRAM = 5;

  private final RecordWriter records;
  private final Clock clock;

  /** Begins a new event file in {@code folder}, which is made where it does not exist. */
  public TensorBoardWriter(Path folder, Clock clock) throws IOException {
    this.clock = clock;
    Files.createDirectories(folder);
    var now = clock.instant();
    String name =
        String.format(
            Locale.ROOT,
            "events.out.tfevents.%010d.%09d.drprune",
            now.getEpochSecond(),
            now.getNano());
    records =
        new RecordWriter(
            Files.newOutputStream(
                folder.resolve(name), StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE));
    records.write(event(0).string(EVENT_FILE_VERSION, FILE_VERSION).toBytes());
  }

  /** Writes what TensorBoard can show of an event. */
  public void write(RunEvent event) throws IOException {
    switch (event) {
      case RunEvent.Start e -> start(e);
      case RunEvent.Train e -> train(e);
      case RunEvent.Evaluation e -> evaluation(e);
      case RunEvent.Weights e -> weights(e);
      case RunEvent.Masks e -> masks(e);
      case RunEvent.Cut _, RunEvent.Warning _, RunEvent.Done _ -> {}
    }
  }

  /** TensorBoard drops what it has from the step of a session's start on. */
  private void start(RunEvent.Start e) throws IOException {
    if (e.step() > 0) {
      var log = new ProtoWriter().int64(SESSION_LOG_STATUS, SESSION_START);
      records.write(event(e.step() + 1).message(EVENT_SESSION_LOG, log).toBytes());
    }
  }

  private void train(RunEvent.Train e) throws IOException {
    var summary = new Summary();
    summary.scalar("train/loss", e.loss());
    summary.scalars("train/domain_loss/", e.domainLoss());
    summary.scalar("train/distillation_loss", e.distillationLoss());
    summary.scalar("train/tokens", (double) e.tokens());
    summary.scalar("train/tokens_per_second", e.tokensPerSecond());
    summary.scalar("train/learning_rate", e.learningRate());
    summary.scalar("train/gradient_norm", e.gradientNorm());
    summary.scalar("masks/expected/all", e.expectedSparsity());
    summary.scalar("masks/target/all", e.targetSparsity());
    write(e.step(), summary);
  }

  private void evaluation(RunEvent.Evaluation e) throws IOException {
    var summary = new Summary();
    e.domains()
        .forEach(
            (domain, result) -> {
              summary.scalar("evaluation/loss/" + domain, result.loss());
              summary.scalar("evaluation/perplexity/" + domain, result.perplexity());
            });
    summary.scalar("evaluation/mean_loss", e.meanLoss());
    summary.scalars("evaluation/epochs/", e.epochs());
    write(e.step(), summary);
  }

  private void weights(RunEvent.Weights e) throws IOException {
    var summary = new Summary();
    summary.scalars("weighting/weight/", e.weights());
    summary.scalars("weighting/reference_loss/", e.referenceLoss());
    summary.scalars("weighting/reference_proportion/", e.referenceProportion());
    summary.scalars("weighting/excess/", e.excess());
    summary.scalar("weighting/divergence", e.divergence());
    write(e.step(), summary);
  }

  private void masks(RunEvent.Masks e) throws IOException {
    var summary = new Summary();
    e.modules()
        .forEach(
            (module, state) -> {
              summary.scalar("masks/expected/" + module, state.expected());
              summary.scalar("masks/target/" + module, state.target());
              var keep =
                  state.keep() == null
                      ? List.<Double>of()
                      : state.keep().stream().flatMap(List::stream).toList();
              if (!keep.isEmpty()) {
                summary.histogram("masks/keep/" + module, Histogram.ofShares(keep));
              }
            });
    write(e.step(), summary);
  }

  private void write(long step, Summary summary) throws IOException {
    records.write(event(step).message(EVENT_SUMMARY, summary.message).toBytes());
  }

  private ProtoWriter event(long step) {
    return new ProtoWriter()
        .float64(EVENT_WALL_TIME, clock.millis() / 1000.0)
        .int64(EVENT_STEP, step);
  }

  @Override
  public void close() throws IOException {
    records.close();
  }

  /** The values of one event; what is null is left out. */
  private static final class Summary {
    private final ProtoWriter message = new ProtoWriter();

    void scalar(String tag, Double value) {
      if (value != null) {
        add(new ProtoWriter().string(VALUE_TAG, tag).float32(VALUE_SIMPLE, value.floatValue()));
      }
    }

    void scalars(String prefix, Map<String, Double> values) {
      if (values != null) {
        values.forEach((name, value) -> scalar(prefix + name, value));
      }
    }

    void histogram(String tag, Histogram histogram) {
      var proto =
          new ProtoWriter()
              .float64(1, histogram.min())
              .float64(2, histogram.max())
              .float64(3, histogram.count())
              .float64(4, histogram.sum())
              .float64(5, histogram.sumOfSquares())
              .float64s(6, histogram.limits())
              .float64s(7, histogram.counts());
      add(new ProtoWriter().string(VALUE_TAG, tag).message(VALUE_HISTOGRAM, proto));
    }

    private void add(ProtoWriter value) {
      message.message(SUMMARY_VALUE, value);
    }
  }
}
