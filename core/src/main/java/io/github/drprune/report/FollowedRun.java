package io.github.drprune.report;

import io.github.drprune.json.Json;
import io.github.drprune.run.RunEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A run as it stands on the disk, followed while it goes on. */
public final class FollowedRun {
  /** A run that takes less than a twentieth of this for a step is stale after this. */
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  private static final int PATIENCE_STEPS = 20;

  private final String id;
  private final RunFile file;
  private final Clock clock;
  private final RunTail tail;
  private RunHistory history = new RunHistory();
  private long version;

  /** Follows {@code file}; {@code id} names it in the page. */
  public FollowedRun(String id, RunFile file, Clock clock) {
    this.id = id;
    this.file = file;
    this.clock = clock;
    this.tail = new RunTail(file.metrics());
  }

  /** Reads what is new. */
  public synchronized void poll() throws IOException {
    if (tail.poll(() -> history = new RunHistory(), event -> history.accept(event))) {
      version++;
    }
  }

  /** Adds an event that the file will have next. */
  synchronized void add(RunEvent event) {
    history.accept(event);
    version++;
  }

  /** A number that changes with every change of the file. */
  public synchronized long version() {
    return version;
  }

  /** Steps done. */
  public synchronized long step() {
    return history.step();
  }

  /** Steps the run is to take; 0 when unknown. */
  public synchronized long steps() {
    return history.steps();
  }

  /** Where the run stands now. */
  public synchronized RunStatus state() throws IOException {
    if (history.done() != null) {
      return RunStatus.ended(history.done().status());
    }
    Instant written;
    try {
      written = Files.getLastModifiedTime(file.metrics()).toInstant();
    } catch (NoSuchFileException e) {
      return RunStatus.EMPTY;
    }
    if (history.start() == null && history.lastTrain() == null) {
      return RunStatus.EMPTY;
    }
    boolean fresh = written.plus(patience()).isAfter(clock.instant());
    return fresh ? RunStatus.RUNNING : RunStatus.STALE;
  }

  private Duration patience() {
    var last = history.lastTrain();
    if (last == null || !(last.tokensPerSecond() > 0)) {
      return PATIENCE;
    }
    double stepSeconds = history.tokensPerStep() / last.tokensPerSecond();
    double seconds = Math.min(Duration.ofDays(1).toSeconds(), PATIENCE_STEPS * stepSeconds);
    var slow = Duration.ofMillis((long) (1000 * seconds));
    return slow.compareTo(PATIENCE) > 0 ? slow : PATIENCE;
  }

  /** All that the page shows. */
  public synchronized RunView view() throws IOException {
    var state = state();
    var start = history.start();
    var table = DomainTable.of(history);
    var summary = new Summary(history, state, table);
    return new RunView(
        id,
        file.name(),
        state,
        start == null ? null : start.command(),
        start == null ? null : start.time(),
        seconds(state),
        history.step(),
        history.steps(),
        history.tokens(),
        history.tokensPerStep(),
        List.copyOf(history.domains()),
        summary.sentences(),
        summary.tiles(),
        notes(),
        table,
        shapes(),
        history.trainingView(),
        history.heldOutView(),
        history.weightingView(),
        history.sparsityView(),
        start == null || start.config() == null ? "" : Json.yaml(start.config()),
        start == null || start.environment() == null ? Map.of() : start.environment());
  }

  private Double seconds(RunStatus state) {
    if (history.done() != null) {
      return history.done().seconds();
    }
    var start = history.start();
    if (state != RunStatus.RUNNING || start == null || start.time() == null) {
      return null;
    }
    try {
      var begun = Instant.parse(start.time());
      return (double) Math.max(0, Duration.between(begun, clock.instant()).toSeconds());
    } catch (DateTimeParseException e) {
      return null;
    }
  }

  private List<RunView.Note> notes() {
    var notes = new ArrayList<RunView.Note>();
    if (tail.badLines() > 0) {
      notes.add(
          new RunView.Note(
              null,
              "%,d line(s) of %s are no events and were left out; the first: %s"
                  .formatted(tail.badLines(), file.metrics().getFileName(), tail.firstBadLine())));
    }
    if (tail.endsInHalfALine()) {
      notes.add(
          new RunView.Note(
              null,
              "The last line of %s is only half written and was left out."
                  .formatted(file.metrics().getFileName())));
    }
    var warnings = history.warnings();
    long omitted = history.warningCount() - warnings.size();
    if (omitted > 0) {
      notes.add(new RunView.Note(null, "%,d further warnings are not shown.".formatted(omitted)));
    }
    warnings.forEach(warning -> notes.add(new RunView.Note(warning.step(), warning.message())));
    return notes;
  }

  private List<RunView.ShapeRow> shapes() {
    var shapes = new ArrayList<RunView.ShapeRow>();
    var start = history.start();
    if (start != null && start.source() != null) {
      shapes.add(new RunView.ShapeRow("source", start.source()));
    }
    if (start != null && start.target() != null) {
      shapes.add(new RunView.ShapeRow("target", start.target()));
    }
    var cut = history.cut();
    if (cut != null && cut.result() != null) {
      shapes.add(new RunView.ShapeRow("result", cut.result()));
    } else if (history.done() != null && history.done().result() != null) {
      shapes.add(new RunView.ShapeRow("result", history.done().result()));
    }
    return shapes;
  }
}
